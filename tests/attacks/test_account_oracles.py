"""Oracles: what else might reveal that an account exists, besides the response to a plain request for a link."""

import json
import re

import pytest

from shared.redis_keys import Key
from shared.tokens import Tokens
from tests.attacks.answers import (
    CHECK,
    FORGOT,
    JSON,
    KINDS,
    KNOWN,
    RESET,
    UNKNOWN,
    bare,
    forgot,
    populate,
)
from tests.attacks.target import DEAD, Target
from tests.support.servers import wait_until
from tests.support.service import NEW_PASSWORD, SECRET


def malformed(address: str) -> list[tuple[bytes, str]]:
    """List invalid requests for an address, as body and content type."""
    good = json.dumps({"email": address})
    bodies = [
        good[:-1],
        good + "x",
        f"[{good}]",
        json.dumps(good),
        json.dumps({"email": [address]}),
        json.dumps({"email": f"{address},{address}"}),
        json.dumps({"email": f"<{address}>"}),
        json.dumps({"email": address, "user": address}),
        json.dumps({"email": address, "locale": "?"}),
        good[:-1] + f', "email": "{address}"}}',
        good[:-1] + " " * 20_000 + "}",
    ]
    return [(good.encode(), "Content-Type: text/plain"), *((body.encode(), JSON) for body in bodies)]


def test_a_request_that_is_refused_does_not_tell_who_has_an_account(target: Target) -> None:
    """Input validated after the account look-up (OpenSSH CVE-2018-15473, Directus CVE-2026-26185) or using up quota."""
    target.add_user(KNOWN)

    known, unknown = (
        [bare(target, FORGOT, body, kind) for body, kind in malformed(address)] for address in (KNOWN, UNKNOWN)
    )

    assert known == unknown
    assert {answer[:12] for answer in known} == {b"HTTP/1.1 413", b"HTTP/1.1 415", b"HTTP/1.1 422"}
    assert target.ask("keys", f"{Key.LIMITS}*") == []
    target.settle()
    assert target.mails == []


def dead_links(target: Target) -> dict[str, str]:
    """Return a link of each kind that has become invalid or never was valid."""
    users = ["gone", "quiet", "moved", "changed", "locked", "live"]
    addresses = {name: f"{name}@example.com" for name in users}
    for address in addresses.values():
        target.add_user(address)
    links = {name: target.token_of(address) for name, address in addresses.items()}
    links["forged"] = target.token_of(addresses["live"], "another-key-9876543210-zyxwvutsrq")
    links["nobody's"] = Tokens([SECRET], 1800).issue("999999", "", "")
    links["too old"] = Tokens([SECRET], 1800, clock=lambda: 0).issue("1", "", "")
    body, _, signature = links.pop("live").rpartition(".")
    links |= {"altered": f"{body}.{signature[::-1]}", "garbage": "x", "dots": "..", "not ASCII": "\u00fc"}
    target.sql("DELETE FROM users WHERE email = 'gone@example.com'")
    target.sql("UPDATE users SET is_active = false WHERE email = 'quiet@example.com'")
    target.sql("UPDATE users SET email = 'new@example.com' WHERE email = 'moved@example.com'")
    target.sql("UPDATE users SET password_hash = '!x' WHERE email = 'locked@example.com'")
    assert target.reset(links["changed"]).status == 200
    return links


def test_a_dead_link_does_not_tell_why_it_is_dead(target: Target) -> None:
    """The reason a link is dead reveals whose it was (Zitadel GHSA-pvm5-9frx-264r: user ids, on the page of a link)."""
    links = dead_links(target)

    checked = {why: bare(target, CHECK, {"token": link}, JSON) for why, link in links.items()}
    used = {why: bare(target, RESET, {"token": link, "password": NEW_PASSWORD}, JSON) for why, link in links.items()}

    assert checked["garbage"].startswith(b"HTTP/1.1 400 ")
    assert checked == used == dict.fromkeys(links, checked["garbage"])


@pytest.mark.parametrize("password", ["short", "x" * 73, "a password with \x00 in it"], ids=["short", "long", "nul"])
def test_a_refused_password_does_not_tell_whether_a_link_is_good(target: Target, password: str) -> None:
    """Checks in the wrong order make one an oracle for the other (CWE-696): the policy judges only with a live link."""
    target.add_user(KNOWN)
    live, forged = target.token_of(KNOWN), target.token_of(KNOWN, "another-key-9876543210-zyxwvutsrq")

    assert target.reset(forged, password).outcome == DEAD
    assert target.reset(live, password).outcome == (422, "weak_password")


def test_a_client_over_its_limit_does_not_learn_whether_a_link_is_good(limited: Target) -> None:
    """A limit checked after the link lets guessing continue behind the 429 (CWE-307)."""
    limited.add_user(KNOWN)
    client = ["X-Forwarded-For: 198.51.100.3", JSON]
    dead, live = ({"token": token} for token in ("x", limited.token_of(KNOWN)))
    for _ in range(5):
        assert bare(limited, CHECK, dead, *client).startswith(b"HTTP/1.1 400 ")

    answers = [re.sub(rb"retry-after: \d+", b"", bare(limited, CHECK, body, *client)) for body in (dead, live)]

    assert answers[0].startswith(b"HTTP/1.1 429 ")
    assert answers[0] == answers[1]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"])
def test_no_other_method_tells_who_has_an_account(target: Target, method: str) -> None:
    """An unguarded page or method answers for accounts (WordPress CVE-2017-5487) or accepts requests (CWE-650)."""
    target.add_user(KNOWN)

    known, unknown = (
        bare(target, f"{FORGOT}?email={address}", {"email": address}, JSON, method=method)
        for address in (KNOWN, UNKNOWN)
    )

    assert known == unknown
    assert target.ask("hlen", Key.JOBS) == 0
    assert target.ask("keys", f"{Key.LIMITS}*") == []


@pytest.mark.parametrize("spelled", ["KNOWN@example.com", " known@EXAMPLE.com\t", "known@\uff45xample.com"])
def test_no_other_spelling_tells_who_has_an_account(target: Target, spelled: str) -> None:
    """Addresses compared loosely in one place and strictly in another (Django CVE-2019-19844, CWE-178)."""
    target.add_user(KNOWN)

    known, unknown = (forgot(target, address) for address in (spelled, re.sub("(?i)known", "other", spelled)))

    assert known == unknown == forgot(target, "stranger@example.com")
    assert target.recipients == [KNOWN]


def test_health_and_metrics_do_not_tell_who_has_an_account(target: Target) -> None:
    """Public counters that change with accounts (CWE-497) are an oracle for each single request."""
    paths = ["/healthz", "/readyz", "/metrics"]
    target.add_user(KNOWN)
    wait_until(lambda: target.request("GET", "/readyz").json == {"status": "ok"}, "not ready")

    def told() -> dict[str, bytes]:
        return {path: bare(target, path, method="GET") for path in paths}

    before = told()
    forgot(target, UNKNOWN)
    between = told()
    forgot(target, KNOWN)
    target.settle()

    assert before == between == told()
    assert before["/metrics"] == bare(target, "/no-such-path", method="GET")


def script_commands(target: Target, addresses: list[str]) -> list[list[str]]:
    """Return the Redis commands of each request's script, as MONITOR reports them."""
    runs: list[list[str]] = []
    with target.redis.client() as client, client.monitor() as monitor:
        for address in addresses:
            # A lane that is new, or a worker that must be called, takes one command more, whatever the address.
            target.settle()
            forgot(target, address)
        target.ask("echo", "the end")
        while True:
            seen = monitor.next_command()
            command, inside = seen["command"].split()[0], seen["client_type"] == "lua"
            if command == "ECHO":
                return runs
            if not inside:
                ours = command == "EVALSHA" and '"forgot"' in seen["command"].replace("\\", "")
                runs.append([] if ours else ["another's"])
            elif runs[-1] != ["another's"]:
                runs[-1].append(command)


def test_the_work_of_redis_does_not_tell_who_has_an_account(target: Target) -> None:
    """More work for some addresses than for others can be timed (CWE-208, Django CVE-2024-39329).

    tests/integration/forgot/test_constant_work.py counts Python's work as well.
    """
    populate(target)
    addresses = [address for address, before in KINDS.values() for _ in range(before + 1)]
    forgot(target, "first@example.com")

    runs = [run for run in script_commands(target, addresses) if run != ["another's"]]

    assert len(runs) == len(addresses)
    assert {tuple(run) for run in runs} == {tuple(runs[0])}
    assert "HSETNX" in [command.upper() for command in runs[0]]
