"""Clients that never finish a request, by the hundred and the thousand, do not hold up others."""

from tests.attacks.nginx import Nginx
from tests.attacks.slow import SLOW_BODY, SLOW_HEADER, SlowClients, seconds_until_none
from tests.attacks.target import Target
from tests.attacks.test_denial_of_service import PROMPT, slowest

ATTACKER = "127.0.0.2"
CONNECTIONS = 9200


def test_slow_headers_do_not_hold_the_server_up_without_a_proxy(target: Target) -> None:
    """Slowloris (CVE-2007-6750): the server allows five seconds for all request headers, however slowly they arrive."""
    with SlowClients(target.port, [SLOW_HEADER] * 250) as clients:
        during = slowest(target)
        assert clients.held(SLOW_HEADER) > 0
        took = seconds_until_none(clients, SLOW_HEADER, patience=30)

    assert during < PROMPT
    assert took < 30


def test_five_hundred_slow_clients_do_not_hold_up_the_proxy(proxied: Target, proxy: Nginx) -> None:
    """Slowloris (CVE-2007-6750) and slow bodies (R-U-Dead-Yet), CWE-400.

    For the headers, the proxy limits the total time; for the body, the pause between two bytes. A slow body therefore
    keeps a connection of the proxy busy, but no thread of the API. One client may have a hundred of these.
    """
    with SlowClients(proxy.port, [SLOW_HEADER, SLOW_BODY] * 250, ATTACKER) as clients:
        during = slowest(proxied)
        assert clients.held(SLOW_HEADER) > 0
        headers = seconds_until_none(clients, SLOW_HEADER, patience=20)
        assert 0 < clients.held(SLOW_BODY) <= 100
        later = slowest(proxied)
        clients.stalled.set()
        bodies = seconds_until_none(clients, SLOW_BODY, patience=20)

    assert max(during, later) < PROMPT
    assert max(headers, bodies) < 20


def test_one_client_with_nine_thousand_connections_does_not_shut_the_proxy(proxied: Target, proxy: Nginx) -> None:
    """Connections without end, CWE-770: each sends a part of its headers, and so counts for no limit on requests."""
    with SlowClients(proxy.port, [SLOW_HEADER] * CONNECTIONS, ATTACKER) as clients:
        during = slowest(proxied)
        held = clients.held(SLOW_HEADER)

    assert held > CONNECTIONS / 2
    assert during < PROMPT
