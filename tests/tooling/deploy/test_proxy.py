"""deploy/nginx.conf matches the API, Flower and docker-compose.yml."""

import re

from api.__main__ import HEADER_TIMEOUT
from api.web.json_request import MAX_BODY
from tests.support.compose import PROJECT, environment, ports

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
    assert nginx("client_header_timeout") == ["5s"]
    assert nginx("client_body_timeout") == nginx("send_timeout") == ["10s"]
    assert nginx("reset_timedout_connection") == ["on"]


def test_the_api_trusts_the_address_that_the_proxy_appends() -> None:
    assert nginx("proxy_set_header X-Forwarded-For")[0] == "$forwarded_for"
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


def test_the_proxy_appends_to_the_forwarded_headers_of_the_client() -> None:
    assert set(nginx("proxy_set_header X-Forwarded-Proto")) == {"$forwarded_proto"}
    assert nginx("default")[:2] == ["$proxy_add_x_forwarded_for", '"$http_x_forwarded_proto, $scheme"']
    assert nginx('""') == ["$scheme"]
