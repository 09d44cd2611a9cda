"""deploy/nginx.conf matches the API, Flower and docker-compose.yml."""

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


def test_the_proxy_accepts_the_same_body_size_as_the_api_and_buffers_in_memory() -> None:
    assert nginx("client_max_body_size") == nginx("client_body_buffer_size") == [f"{MAX_BODY // 1024}k"]


def test_the_proxy_waits_for_slow_clients_so_that_the_api_need_not() -> None:
    assert nginx("proxy_request_buffering") == ["on"]
    assert nginx("client_header_timeout") == nginx("client_body_timeout") == ["10s"]


def test_the_api_trusts_the_address_that_the_proxy_appends() -> None:
    assert nginx("proxy_set_header X-Forwarded-For") == ["$forwarded_for"]
    assert environment("api")["TRUSTED_PROXIES"] == "1"


def test_the_proxy_forwards_the_published_ports_to_the_services() -> None:
    api = environment("api")

    assert nginx("listen") == [ports()["127.0.0.1:8000"], ports()["127.0.0.1:5555"]]
    assert nginx("server") == [f"api:{api['PORT']}"]
    assert nginx(r"set \$flower") == ["flower:5555"]
    assert api["HOST"] == "0.0.0.0"  # noqa: S104 - inside the network of the compose file


def test_the_proxy_closes_an_idle_connection_before_the_api_does() -> None:
    _clients, upstream = nginx("keepalive_timeout")

    assert int(upstream.removesuffix("s")) * 1000 < HEADER_TIMEOUT


def test_flowers_pages_without_a_password_are_blocked() -> None:
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


def test_errors_of_the_proxy_look_like_those_of_the_api() -> None:
    said = {status: json.loads(text) for status, text in re.findall(r"return (\d+) '({.+)\\n';", NGINX)}

    assert said["413"]["code"] == BODY_TOO_LARGE.code
    assert said["503"] == UNAVAILABLE.document()
    assert nginx("add_header Retry-After") == [f"{UNAVAILABLE.retry_after} always", "$retry_after always"]
    assert nginx(r"set \$retry_after") == [str(UNAVAILABLE.retry_after)]
    assert nginx("error_page 502") == ["=503 @unavailable"]
    assert (nginx("error_page 504"), said["504"]["code"]) == (["@no_answer"], "no_answer")


def test_the_proxy_appends_to_the_forwarded_headers_of_the_client() -> None:
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
