"""The proxy's limits for one client, by a real nginx without an API behind it: what it lets through gets 503."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from api import problems
from tests.attacks.client import Client
from tests.attacks.nginx import Nginx
from tests.support.servers import free_port, wait_until

BURST, CONNECTIONS = 200, 100
# Only in the tests: a header says where the client is.
ANYWHERE = "set_real_ip_from 127.0.0.1; real_ip_header X-Client;"
BODY = "POST /x HTTP/1.1\r\nHost: x\r\nX-Client: {}\r\nContent-Length: 9\r\n\r\n"


class Proxy(Client):
    def __init__(self, nginx: Nginx) -> None:
        self.nginx, self.port = nginx, nginx.port

    def statuses(self, *clients: str) -> Counter[int]:
        return Counter(self.request("GET", "/x", headers={"X-Client": client}).status for client in clients)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    with Nginx(tmp_path / "nginx", free_port(), more=ANYWHERE) as nginx:
        yield Proxy(nginx)


def test_a_flood_of_one_client_is_refused_and_others_are_not(proxy: Proxy) -> None:
    flood = proxy.statuses(*["192.0.2.1"] * 3 * BURST)
    answer = proxy.request("GET", "/x", headers={"X-Client": "192.0.2.1"})
    if answer.status != 429:  # A place was free again.
        answer = proxy.request("GET", "/x", headers={"X-Client": "192.0.2.1"})

    assert flood[503] >= BURST
    assert flood[429] > 0
    assert proxy.statuses("192.0.2.2", "2001:db8::1") == {503: 2}
    assert (answer.status, answer.headers["content-type"]) == (429, "application/problem+json")
    assert answer.json == problems.RATE_LIMITED.document()
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("start", "same", "other"),
    [
        ("2001:db8:1:2::", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1"),
        ("2001:db8::", "2001:db8:0:0:1:2:3:4", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.", "192.0.2.7", "198.51.100.7"),
    ],
)
def test_an_ipv6_network_is_one_client_and_an_ipv4_address_too(proxy: Proxy, start: str, same: str, other: str) -> None:
    addresses = [f"{start}{number % 200 + 1:x}" for number in range(3 * BURST)]
    if "." in start:
        addresses = [f"{start}7"] * 3 * BURST

    assert proxy.statuses(*addresses)[429] > 0
    assert 429 in proxy.statuses(*[same] * 30)
    assert proxy.statuses(other) == {503: 1}


def test_a_client_has_a_hundred_requests_at_a_time(proxy: Proxy) -> None:
    with ExitStack() as ends:
        held = []
        for number in range(CONNECTIONS + 50):
            held.append(ends.enter_context(socket.create_connection(("127.0.0.1", proxy.port))))
            held[number].sendall(BODY.format("192.0.2.1").encode())
            held[number].settimeout(0)
        wait_until(lambda: sum(is_answered(each) for each in held) == 50, "not 50 were refused")

        assert proxy.statuses("192.0.2.1", "192.0.2.2") == {429: 1, 503: 1}


def is_answered(connection: socket.socket) -> bool:
    try:
        return connection.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 429"
    except BlockingIOError:
        return False
