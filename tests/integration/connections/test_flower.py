"""Flower asks Redis for the queue with all of REDIS_URL, and starts among Kubernetes's variables."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from shared.redis_keys import Key
from tests.support.servers import RedisServer, free_port, wait_until
from tests.support.tls import server_context, tls_proxy
from worker.flower_login import MAX_GUESSES

pytestmark = pytest.mark.slow


@contextmanager
def flower(port: int, environ: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "--app", "worker.flower", "flower", f"--port={port}"]
    settings = os.environ | {"FLOWER_BASIC_AUTH": "me:pw"} | dict(environ)
    process = subprocess.Popen(command, env=settings, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: asked(port, "/healthcheck")[0] == 200, "Flower does not start", 30)
        yield
    finally:
        process.terminate()
        process.wait(10)


def asked(port: int, path: str, login: str = "me:pw") -> tuple[int, str]:
    login = base64.b64encode(login.encode()).decode()
    request = Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Basic {login}"})
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""
    except (URLError, OSError):
        return 0, ""


def test_flower_measures_the_queue_over_tls_with_a_ca_of_ones_own(redis_server: RedisServer, tmp_path: Path) -> None:
    with redis_server.client() as client, tls_proxy(redis_server.port, server_context(tmp_path)) as secure:
        client.lpush(Key.QUEUE, "one", "two")
        url = f"rediss://127.0.0.1:{secure}/0?ssl_ca_certs={tmp_path / 'certificate.pem'}"
        port = free_port()
        with flower(port, {"REDIS_URL": url}):
            status, text = asked(port, "/api/queues/length")

    assert status == 200
    assert json.loads(text) == {"active_queues": [{"name": "latchkey", "messages": 2}]}


def test_flower_starts_beside_a_service_called_flower(redis_server: RedisServer) -> None:
    port = free_port()
    link = {"FLOWER_PORT": "tcp://10.96.0.9:5555", "FLOWER_SERVICE_HOST": "10.96.0.9", "FLOWER_SERVICE_PORT": "5555"}

    with flower(port, {"REDIS_URL": redis_server.url} | link):
        assert asked(port, "/api/queues/length")[0] == 200


def answer(port: int, path: str, login: str = "") -> tuple[int, HTTPMessage, str]:
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        found = connection.getresponse()
        return found.status, found.headers, found.read().decode(errors="replace")


def test_guesses_before_flowers_log_in_are_few_and_its_pages_are_in_no_frame(redis_server: RedisServer) -> None:
    port = free_port()
    with flower(port, {"REDIS_URL": redis_server.url}):
        pages = [
            answer(port, *each) for each in [("/workers", "me:pw"), ("/workers", ""), ("/static/js/flower.js", "")]
        ]
        beyond_ascii = answer(port, "/workers", "me:\u00e4")
        guesses = [answer(port, "/workers", f"me:{number}") for number in range(400)]
        nobody, right = answer(port, "/workers"), answer(port, "/workers", "me:pw")

    assert [status for status, _, _ in pages] == [200, 401, 200]
    for _, headers, _ in [*pages, beyond_ascii, guesses[-1]]:
        assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert headers["Server"] == "flower"
    assert beyond_ascii[0] == 401  # Flower's own code fails here, and shows a traceback.
    assert [status for status, _, _ in guesses].count(401) == MAX_GUESSES - 1
    assert {status for status, _, _ in [*guesses[MAX_GUESSES:], nobody, right]} == {429}
    assert 0 < int(right[1]["Retry-After"]) <= 60
