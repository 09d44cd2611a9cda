"""Exhaustion: ways around the limits, and what clients over their limit leave behind in Redis (CWE-400)."""

import json

import pytest

from shared.redis_keys import Key
from tests.attacks.answers import stopped
from tests.attacks.conftest import MakeTarget
from tests.attacks.target import Target

VICTIM = "anna@example.com"
LIMIT = 5  # Requests per client in `limited`.
ATTACKER = {"X-Forwarded-For": "198.51.100.1"}

WINDOWS = {"3/1800/second": 1800, "1000/1/minute": 60}  # Seconds; ten times as many for a network.


def test_counters_do_not_outlive_their_window_or_name_anybody(target: Target) -> None:
    """A store fills up with keys that are never deleted (Django CVE-2015-5143), or contains addresses (CWE-312)."""
    for number in range(20):
        target.forgot(f"user{number}@example.com")
    target.check("x")
    with target.redis.client() as client:
        left = {key: client.ttl(key) for key in client.scan_iter(f"{Key.LIMITS}*")}

    networks = [key for key in left if key.startswith(Key.NETWORKS)]
    assert len(left) == 20 * 2 + 2 * 2
    assert len(networks) == 20
    for key, seconds in left.items():
        limit = "3/1800/second" if key in networks else key.replace("10000/", "1000/")
        assert 0 < seconds <= next(window for name, window in WINDOWS.items() if limit.endswith(name))
        assert not any(part in key for part in ("user", "example", "127.0"))


def stored(target: Target) -> set[str]:
    """Return all keys that requests leave behind."""
    return {key for prefix in ("limit", "history", "outbox") for key in target.ask("keys", f"{prefix}:*")}


def test_a_client_over_its_limit_leaves_nothing_in_redis(limited: Target) -> None:
    """Each refused request stores something under a name that the client chooses (Symfony CVE-2016-4423)."""
    for number in range(LIMIT + 1):
        limited.forgot(f"user{number}@example.com", ATTACKER)
        limited.check("x")
    limited.settle()
    before = stored(limited)

    for number in range(50):
        assert limited.forgot(f"{number}{'x' * 60}@example.com", ATTACKER).status == 429
        assert limited.check("x" * 1000).status in {400, 429}

    assert stored(limited) <= before


def test_the_history_of_an_address_does_not_grow_without_end(target: Target) -> None:
    """A log in memory grows with each request (CWE-770); the history has a maximum length and a lifetime."""
    for _ in range(130):
        target.forgot(VICTIM)
    target.settle()

    lengths = {key: target.ask("llen", key) for key in target.ask("keys", f"{Key.HISTORY}*") if key.endswith("limited")}
    assert 20 in lengths.values()
    assert max(lengths.values()) == 20
    assert all(0 < target.ask("ttl", key) <= 172800 for key in target.ask("keys", f"{Key.HISTORY}*"))


def test_a_full_outbox_drops_nothing_that_was_accepted(make_target: MakeTarget) -> None:
    """Excess load drops accepted requests, or stops the service for everyone (CWE-770)."""
    small = make_target(OUTBOX_MAX="4")
    accounts = [f"user{n}@example.com" for n in range(6)]
    for address in accounts:
        small.add_user(address)

    with stopped(small.worker.pids()):
        found = [small.forgot(address) for address in [*accounts, "nobody@example.com"]]

    assert [answer.status for answer in found] == [202] * 4 + [503] * 3
    assert found[4].body == found[6].body
    assert sorted(small.recipients) == accounts[:4]
    assert small.forgot(accounts[5]).status == 202


VARIANTS = [
    "//{}",
    "/{}/",
    "/{}//",
    "/{}?x=1",
    "/{}?email=b@example.com",
    "/{};x",
    "/./{}",
    "/x/../{}",
    "/%66%6f/../{}",
    "/{}%20",
]


def test_no_other_path_or_method_leads_around_the_limit(limited: Target) -> None:
    """Another path to the same endpoint has its own limit or none (Better Auth GHSA-x732-6j76-qmhm, CWE-647)."""
    limited.add_user(VICTIM)
    for number in range(LIMIT):
        limited.forgot(f"user{number}@example.com", ATTACKER)
    body = json.dumps({"email": VICTIM}).encode()

    def ask(path: str = "/forgot-password", method: str = "POST", **headers: str) -> int:
        sent = {"Content-Type": "application/json"} | ATTACKER | {k.replace("_", "-"): v for k, v in headers.items()}
        return limited.request(method, path, body, sent).status

    found = {ask(variant.format(name)) for variant in VARIANTS for name in ("forgot-password", "FORGOT-PASSWORD")}
    found |= {ask(path) for path in ("/%66orgot-password", "http://localhost/forgot-password", "/forgot%2Dpassword")}
    found |= {ask(Content_Type=kind) for kind in ("APPLICATION/JSON", "application/json; charset=utf-8", "text/json")}
    found |= {ask(method=method) for method in ("PUT", "PATCH", "post", "QUERY")}
    for path, method in [("/", "GET"), ("/healthz", "POST"), ("/forgot-password", "GET")]:
        found |= {ask(path, method, X_HTTP_Method_Override="POST", X_Original_URL="/forgot-password")}

    assert found <= {200, 302, 400, 404, 405, 415, 429}
    assert 429 in found
    assert limited.recipients == []


@pytest.mark.parametrize("window", [5, 100, 3000])
def test_a_client_waits_no_longer_than_it_is_told(limited: Target, window: int) -> None:
    """A wrong Retry-After makes honest clients return too early or never (RFC 6585, 4; RFC 9110, 10.2.3)."""
    for number in range(LIMIT):
        limited.forgot(f"user{number}@example.com", ATTACKER)
    (key,) = limited.ask("keys", f"{Key.LIMITS}*/forgot/[0-9]*")
    limited.ask("expire", key, window)

    answer = limited.forgot(VICTIM, ATTACKER)

    assert answer.outcome == (429, "rate_limited")
    assert window - 4 <= int(answer.headers["retry-after"]) <= window
    limited.ask("delete", key)
    assert limited.forgot(VICTIM, ATTACKER).status == 202
