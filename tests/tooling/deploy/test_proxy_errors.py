"""The proxy's own errors, as a real nginx answers them: like those of the API, and with the same headers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import problems
from tests.attacks.client import Answer, Client
from tests.attacks.nginx import Nginx
from tests.support.servers import free_port

JSON, HTML = "application/problem+json", "text/html; charset=utf-8"
BROWSER = {"Accept": "text/html,*/*;q=0.8"}
# What makes nginx itself answer, with the status and the code of its answer. No API runs behind it.
ASKED: dict[str, tuple[str, str, dict[str, str], bytes, int, str]] = {
    "API away": ("GET", "/forgot-password", {}, b"", 503, "unavailable"),
    "API away, with a body": ("POST", "/forgot-password", {}, b"{}", 503, "unavailable"),
    "body": ("POST", "/x", {}, b"x" * 20_000, 413, "body_too_large"),
    "header": ("GET", "/x", {"X-Long": "x" * 9000}, b"", 431, "http_431"),
    "address": ("GET", "/" + "x" * 9000, {}, b"", 414, "http_414"),
    "host": ("GET", "/x", {"Host": "a b"}, b"", 400, "bad_request"),
    "NUL": ("GET", "/%00", {}, b"", 400, "bad_request"),
    "TRACE": ("TRACE", "/x", {}, b"", 405, "method_not_allowed"),
    "coding": ("POST", "/x", {"Transfer-Encoding": "x"}, b"", 501, "http_501"),
    "metrics": ("GET", "/metrics", {}, b"", 404, "not_found"),
    "its own page": ("GET", "/proxy-page", {}, b"", 404, "not_found"),
}
UNREAD = {"address", "NUL"}  # nginx answers before it has read what the client prefers.
TITLES = {each.code: str(each.title) for each in vars(problems).values() if isinstance(each, problems.ProblemType)}


class Port(Client):
    def __init__(self, port: int) -> None:
        self.port = port


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with Nginx(tmp_path_factory.mktemp("proxy") / "nginx", free_port()) as nginx:
        yield nginx


@pytest.mark.parametrize("accept", [{}, BROWSER], ids=["program", "browser"])
@pytest.mark.parametrize("name", ASKED)
def test_an_error_says_what_to_do_and_is_kept_nowhere(proxy: Nginx, name: str, accept: dict[str, str]) -> None:
    method, path, headers, body, status, code = ASKED[name]
    kind = HTML if accept and name not in UNREAD else JSON

    answer = Port(proxy.port).request(method, path, body, accept | headers)

    assert (answer.status, answer.headers["content-type"]) == (status, kind)
    assert safe(answer)
    assert answer.headers.get("retry-after") == ("5" if status == 503 else None)
    if kind == JSON:
        assert (answer.json["status"], answer.json["code"]) == (status, code)
        assert answer.json["title"] == TITLES.get(code, answer.json["title"])
    else:
        assert f"<h1>{TITLES.get(code, '')}" in answer.body.decode()


def test_the_answer_of_an_api_that_is_away_is_that_of_the_api(proxy: Nginx) -> None:
    assert Port(proxy.port).request("GET", "/x").json == problems.UNAVAILABLE.document()


@pytest.mark.parametrize(("path", "status"), [("/", 503), ("/metrics", 404), ("/healthcheck", 404), ("/%00", 400)])
def test_errors_before_flower_are_the_same(proxy: Nginx, path: str, status: int) -> None:
    answer = Port(proxy.flower_port).request("GET", path)

    assert (answer.status, answer.headers["content-type"]) == (status, JSON)
    assert safe(answer)


def test_every_text_fits_into_json_and_html() -> None:
    text = (Path(__file__).parents[3] / "deploy/nginx.conf").read_text(encoding="utf-8")
    titles = text.split("map $status $title {")[1].split("}")[0]

    for line in titles.strip().splitlines():
        title = line.strip().partition(" ")[2].rstrip(";")
        assert not set("<&\\$") & set(title)
        json.loads(title)


def safe(answer: Answer) -> bool:
    wanted = {"cache-control": "no-store", "x-content-type-options": "nosniff", "x-frame-options": "DENY"}
    wanted |= {
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
    }
    return wanted.items() <= answer.headers.items()
