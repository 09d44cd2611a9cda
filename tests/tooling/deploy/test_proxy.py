"""deploy/nginx.conf against the API, Flower and docker-compose.yml."""

import json
import re
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

import pytest

from api.__main__ import HEADER_TIMEOUT
from api.problems import BODY_TOO_LARGE, UNAVAILABLE
from api.web.json_request import MAX_BODY
from tests.attacks.nginx import Nginx
from tests.support.compose import PROJECT, environment, ports
from tests.support.servers import free_port

NGINX = (PROJECT / "deploy/nginx.conf").read_text(encoding="utf-8")


def nginx(directive: str) -> list[str]:
    return re.findall(rf"^\s*{directive}\s+(.+);$", NGINX, re.MULTILINE)


def server(port: int) -> str:
    start = NGINX.index(f"listen {port};")
    end = NGINX.find("\n    server {", start)
    return NGINX[start : end if end > 0 else None]


def test_the_proxy_takes_bodies_as_large_as_the_api_does_and_holds_them_in_memory() -> None:
    assert nginx("client_max_body_size") == nginx("client_body_buffer_size") == [f"{MAX_BODY // 1024}k"]


def test_the_proxy_waits_for_slow_clients_so_that_the_api_need_not() -> None:
    assert nginx("proxy_request_buffering") == ["on"]
    assert nginx("client_header_timeout") == nginx("client_body_timeout") == ["10s"]


def test_the_api_believes_the_address_that_the_proxy_appends() -> None:
    assert nginx("proxy_set_header X-Forwarded-For") == ["$forwarded_for"]
    assert environment("api")["TRUSTED_PROXIES"] == "1"


def test_the_proxy_leads_to_the_services_from_the_ports_that_are_published() -> None:
    api = environment("api")

    assert nginx("listen") == [ports()["127.0.0.1:8000"], ports()["127.0.0.1:5555"]]
    assert nginx("server") == [f"api:{api['PORT']}"]
    assert nginx(r"set \$flower") == ["flower:5555"]
    assert api["HOST"] == "0.0.0.0"  # noqa: S104 - inside the network of the compose file


def test_the_proxy_drops_a_kept_connection_before_the_api_does() -> None:
    _clients, upstream = nginx("keepalive_timeout")

    assert int(upstream.removesuffix("s")) * 1000 < HEADER_TIMEOUT


def test_flowers_open_pages_are_shut() -> None:
    for path in ("/metrics", "/healthcheck"):
        assert re.search(rf"location {path} {{\s+return 404;\s+}}", server(8081))


def test_the_metrics_are_not_published() -> None:
    assert re.search(r"location = /metrics {\s+return 404;\s+}", server(8080))


def test_the_proxy_logs_no_query_string() -> None:
    log_format = re.search(r"log_format line (.+?);", NGINX, re.DOTALL)
    assert log_format

    assert set(re.findall(r"\$(\w+)", log_format[1])) == {
        *("time_iso8601", "remote_addr", "request_method", "path", "status", "request_time"),
        "upstream_http_x_request_id",
    }
    assert re.search(r"map \$request_uri \$path {\s+~\^\(\?<bare_path>\[\^\?%\]\*\) \$bare_path;\s+}", NGINX)
    assert nginx("access_log") == ["/dev/stdout line"]
    assert nginx("error_log") == ["stderr crit"]


def test_the_proxy_answers_for_the_api_in_the_api_s_words() -> None:
    said = {status: json.loads(text) for status, text in re.findall(r"return (\d+) '({.+)\\n';", NGINX)}

    assert said["413"]["code"] == BODY_TOO_LARGE.code
    assert said["503"] == UNAVAILABLE.document()
    assert nginx("add_header Retry-After") == [f"{UNAVAILABLE.retry_after} always", "$retry_after always"]
    assert nginx(r"set \$retry_after") == [str(UNAVAILABLE.retry_after)]
    assert nginx("error_page 502") == ["=503 @unavailable"]
    assert (nginx("error_page 504"), said["504"]["code"]) == (["@no_answer"], "no_answer")


def test_the_proxy_tells_how_it_was_asked_on_the_right_of_what_was_claimed() -> None:
    assert nginx("proxy_set_header X-Forwarded-Proto") == ["$forwarded_proto"]
    assert nginx("default") == ["$proxy_add_x_forwarded_for", '"$http_x_forwarded_proto, $scheme"']
    assert nginx('""') == ["$scheme"]


@pytest.mark.parametrize(
    ("accept", "kind"), [("text/html,*/*;q=0.8", "text/html; charset=utf-8"), ("*/*", "application/problem+json")]
)
def test_the_proxy_tells_a_browser_by_a_page_that_the_api_is_away(tmp_path: Path, accept: str, kind: str) -> None:
    asked = [("GET", "/forgot-password", b""), ("POST", "/forgot-password", b"{}"), ("POST", "/x", b"x" * 20_000)]

    with Nginx(tmp_path / "nginx", free_port()) as proxy:
        answers = [ask(proxy.port, *each, accept) for each in asked]

    assert [status for status, _, _ in answers] == [503, 503, 413]
    assert [headers["Retry-After"] for _, headers, _ in answers] == ["5", "5", None]
    assert {headers["Content-Type"] for _, headers, _ in answers} == {kind}
    assert {headers["Cache-Control"] for _, headers, _ in answers} == {"no-store"}
    assert {b"<h1>" in body for _, _, body in answers} == {"html" in kind}


def ask(port: int, method: str, path: str, body: bytes, accept: str) -> tuple[int, HTTPMessage, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, body, {"Accept": accept})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
