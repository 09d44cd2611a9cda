"""HTTP itself: framing, methods, information leaks in responses, and places where a token could leak."""

import pytest

from tests.attacks.nginx import Nginx
from tests.attacks.target import Target

ANNA = "anna@example.com"
PATH = "/forgot-password"
JSON = {"Content-Type": "application/json"}
SECOND = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
AMBIGUOUS = {
    "CL.TE": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "CL.TE, hidden": b"Content-Length: 5\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "TE.CL": b"Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "TE.TE": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "TE unknown": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 53\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 53\r\n\r\n",
    "a signed length": b"Content-Length: +0\r\n\r\n",
    "a folded line": b"X-A: b\r\n Content-Length: 53\r\nContent-Length: 0\r\n\r\n",
    "a bare CR": b"X-A: b\rContent-Length: 53\r\n\r\n",
}


@pytest.mark.parametrize("rest", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_request_hidden_in_another_is_not_answered(either: Target, rest: bytes) -> None:
    """Request smuggling: RFC 9112, 6.1 and 6.3 (HAProxy CVE-2019-18277), and obsolete line folding, 5.2."""
    answers = either.send(b"POST /forgot-password HTTP/1.1\r\nHost: x\r\n" + rest + SECOND)

    assert answers.count(b"HTTP/1.1 ") == 1
    assert answers.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND", "BREW"])
def test_methods_that_nobody_offers_are_refused(either: Target, method: str) -> None:
    """TRACE echoes headers that scripts may not read, CWE-693 (CERT VU#867593, many servers)."""
    answers = [either.request(method, path, headers={"X-Secret": "s3cr3t"}) for path in (PATH, "/reset-password", "/")]

    assert {answer.status for answer in answers} <= {400, 404, 405}
    assert [answer for answer in answers if b"s3cr3t" in answer.body] == []


def test_a_method_that_a_header_names_is_not_taken(target: Target) -> None:
    """Method override, CWE-650: a GET that would change something."""
    target.add_user(ANNA)
    body = b'{"email": "anna@example.com"}'
    names = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]

    answers = [target.request("GET", f"{PATH}?_method=POST", body, {**JSON, name: "POST"}) for name in names]

    assert {answer.status for answer in answers} == {200}
    assert {answer.headers["content-type"] for answer in answers} == {"text/html; charset=utf-8"}
    assert target.recipients == []


@pytest.mark.parametrize("identity", ["support:0123456789abcdef", "api:0123456789abcdef", "SUPPORT:1", "support%3A1"])
def test_a_request_id_cannot_pass_for_ours_or_for_supports(target: Target, identity: str) -> None:
    """Support looks for such an id in the log: nobody else may choose one (CWE-345)."""
    answer = target.request("GET", "/healthz", b"", {"X-Request-ID": identity})

    given = answer.headers["x-request-id"]
    assert given.startswith("api:")
    assert given != identity


@pytest.mark.parametrize(
    "identity",
    [
        "a\rSet-Cookie: evil=1",
        "a\r\n evil: 1",
        "a%0d%0aevil: 1",
        "a\tevil",
        "ä",
        "a" * 65,
        "a\\r\\nevil",
        "\u560a\u560d",
    ],
)
def test_a_request_id_cannot_split_the_answer(target: Target, identity: str) -> None:
    """Response splitting, CWE-113, and forged log lines, CWE-117."""
    request = f"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-ID: {identity}\r\n\r\n"

    answer = target.send(request.encode()).lower()

    assert answer.startswith(b"http/1.1 ")
    assert identity.lower().encode() not in answer
    assert b"evil" not in answer


def test_answers_tell_no_version(target: Target, proxied: Target) -> None:
    """The first thing an attacker looks up, CWE-200."""
    requests = [("GET", PATH), ("GET", "/nothing"), ("PUT", PATH), ("GET", "/metrics"), ("GET", "/%00")]
    answers = [asked.request(*request) for request in requests for asked in (target, proxied)]
    answers.append(proxied.request("POST", PATH, b"x" * 20_000))

    told = [f"{answer.headers.get('server', '')} {answer.body.decode()}".lower() for answer in answers]

    assert {answer.headers["server"] for answer in answers} <= {"granian", "nginx"}
    assert [text for text in told if any(name in text for name in ("werkzeug", "flask", "python", "traceback"))] == []
    assert [answer for answer in answers if "x-powered-by" in answer.headers] == []


def test_the_token_in_a_link_reaches_no_log(proxied: Target, proxy: Nginx) -> None:
    """Secrets in query strings and access logs, CWE-598 and CWE-532."""
    proxied.add_user(ANNA)
    token = proxied.link_for(ANNA)

    for path in (
        f"/reset-password?token={token}",
        f"/nothing?{token}",
        f"/reset-password?token={token}%00",
        f"/reset-password%23token={token}",
    ):
        proxied.request("GET", path, headers={"Referer": f"https://www.example.org/?token={token}"})
    assert proxied.check(token).status == 200
    assert proxied.reset(token).status == 200

    assert '"path":"/reset-password"' in proxy.log()
    assert token not in proxy.log() + proxied.logs()
    assert token.rpartition(".")[2] not in proxy.log() + proxied.logs()


def test_a_mail_scanner_that_opens_every_link_uses_none_up(target: Target) -> None:
    """Links prefetched by scanners such as Microsoft's Safe Links; GET is safe, RFC 9110, 9.2.1."""
    target.add_user(ANNA)
    token = target.link_for(ANNA)
    stored = target.stored_hash(ANNA)

    for method in ("GET", "HEAD", "OPTIONS") * 10:
        for path in ("/reset-password", f"/reset-password?token={token}", "/reset-password/check"):
            assert target.request(method, path).status in {200, 405}
    assert target.stored_hash(ANNA) == stored
    found = [target.check(token).status for _ in range(10)]

    assert found == [200] * 10
    assert target.reset(token).status == 200
    assert target.stored_hash(ANNA) != stored
