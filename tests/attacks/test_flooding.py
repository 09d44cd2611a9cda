"""Flooding mailboxes, and bypassing the limits with simultaneous requests (CWE-770, CWE-799)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.redis_keys import Key
from tests.attacks.client import Answer
from tests.attacks.conftest import MakeTarget
from tests.attacks.target import ANNA, EVE, Target
from tests.support.service import OLD_PASSWORD

VICTIM = "anna@example.com"
QUOTA = 3  # Emails within the life of a link.
LIMIT = 5  # Requests per client in `limited`.
ATTACKER, OTHER = ({"X-Forwarded-For": f"198.51.100.{n}"} for n in (1, 2))


def at_once(ask: Callable[[int], Answer], times: int) -> list[int]:
    """Send requests in parallel and return their sorted statuses."""
    with ThreadPoolExecutor(times) as pool:
        return sorted(answer.status for answer in pool.map(ask, range(times)))


def test_a_mailbox_gets_no_more_mails_than_its_quota(target: Target) -> None:
    """One email for each request (Budibase GHSA-277c-prw2-rqgh, PHPJabbers CVE-2023-51316)."""
    target.add_user(VICTIM)

    assert {target.forgot(VICTIM).status for _ in range(30)} == {202}

    assert target.recipients == [VICTIM] * QUOTA


def test_requests_at_once_get_no_more_mails_than_the_quota(target: Target) -> None:
    """Parallel requests all read the counter before any has incremented it (Devise CVE-2019-5421, CWE-362)."""
    target.add_user(VICTIM)

    assert at_once(lambda _: target.forgot(VICTIM), 50) == [202] * 50

    assert target.recipients == [VICTIM] * QUOTA


def test_requests_at_once_do_not_pass_the_limit_of_a_client(limited: Target) -> None:
    """The same race on the limit per client (Devise CVE-2019-5421, CWE-362)."""
    found = at_once(lambda n: limited.forgot(f"user{n}@example.com", ATTACKER), 50)

    assert found == [202] * LIMIT + [429] * 45


def test_guesses_at_once_do_not_pass_the_limit_on_guesses(limited: Target) -> None:
    """The limit on guesses lets a burst through (CWE-362, CWE-307), or the two endpoints count separately."""

    def guess(number: int) -> Answer:
        path = "/reset-password/check" if number % 2 else "/reset-password"
        password = {} if number % 2 else {"password": "correct horse battery staple"}
        return limited.post(path, {"token": f"guess{number}", **password}, ATTACKER)

    assert at_once(guess, 40) == [400] * LIMIT + [429] * 35
    assert limited.forgot(VICTIM, ATTACKER).status == 202


def test_one_client_cannot_mail_a_whole_list_of_addresses(limited: Target) -> None:
    """Every account of a leaked list gets an email: a quota per address alone doesn't stop this (CWE-799)."""
    addresses = [f"user{n}@example.com" for n in range(20)]
    for address in addresses:
        limited.add_user(address)

    for address in addresses:
        limited.forgot(address, ATTACKER)

    assert sorted(limited.recipients) == sorted(addresses[:LIMIT])


def test_a_client_over_its_limit_uses_up_nobody_elses_quota(limited: Target) -> None:
    """Refused requests still count against the quota and lock the owner out (CWE-645)."""
    limited.add_user(VICTIM)
    for number in range(LIMIT):
        limited.forgot(f"user{number}@example.com", ATTACKER)

    assert {limited.forgot(VICTIM, ATTACKER).status for _ in range(20)} == {429}
    for _ in range(QUOTA):
        limited.forgot(VICTIM, OTHER)

    assert limited.recipients == [VICTIM] * QUOTA


def test_using_up_somebody_elses_quota_does_not_kill_their_link(target: Target) -> None:
    """A newer request, or a lock, invalidates the link that the owner is about to use (CWE-645)."""
    target.add_user(VICTIM)
    token = target.link_for(VICTIM)

    for _ in range(20):
        target.forgot(VICTIM)
    target.settle()

    assert target.reset(token).status == 200


def test_requests_over_the_short_quota_do_not_use_up_the_long_one(make_target: MakeTarget) -> None:
    """Requests over the short quota count towards the daily one and lock the owner out for a day (CWE-645)."""
    target = make_target(FORGOT_LIMIT_PER_EMAIL="3/15 minutes;20/day")
    target.add_user(VICTIM)
    for _ in range(40):
        target.forgot(VICTIM)
    # As if a quarter of an hour had passed.
    for key in target.ask("keys", f"{Key.LIMITS}*/address/*/15/minute"):
        target.ask("delete", key)

    target.forgot(VICTIM)

    assert target.recipients == [VICTIM] * (QUOTA + 1)


def test_a_stranger_cannot_lock_an_owner_out(limited: Target) -> None:
    """Twenty requests a day used up the quota of the owner (CWE-645). A burst from a new network gets one email."""
    limited.add_user(VICTIM)
    strangers = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(10)]
    for number in range(20):
        limited.forgot(VICTIM, strangers[number % 10])
    assert limited.recipients == [VICTIM] * QUOTA
    lifetimes = [limited.ask("ttl", key) for key in limited.ask("keys", f"{Key.LIMITS}*/address/*")]
    assert max(lifetimes) <= 1800

    found = at_once(lambda number: limited.forgot(VICTIM, {"X-Forwarded-For": f"198.51.100.{number}"}), 40)

    assert found == [202] * 40
    assert limited.recipients == [VICTIM] * (QUOTA + 1)


@pytest.mark.parametrize(
    ("network", "accepted"), [("203.0.113.{}", 50), ("2001:db8:1:{:x}00::1", 50), ("2001:db8:2:{:x}::1", 15)]
)
def test_many_addresses_of_one_network_do_not_pass_its_limit(limited: Target, network: str, accepted: int) -> None:
    """30 requests a minute from each /64 of one /48: 1,300 a second, and honest people's emails were late (CWE-770)."""
    clients = [{"X-Forwarded-For": network.format(number)} for number in range(40)]

    found = at_once(lambda number: limited.forgot(f"user{number}@example.com", clients[number % 40]), 120)

    assert found == [202] * accepted + [429] * (120 - accepted)


SPELLINGS = [
    *("anna@b\u00fccher.example", "ANNA@b\u00fccher.example", "aNNa@B\u00dcCHER.EXAMPLE", " anna@b\u00fccher.example"),
    *("anna@xn--bcher-kva.example", "anna@XN--BCHER-KVA.example", "anna@bu\u0308cher.example\r\n"),
    *("anna@b\u00fccher\u3002example", "anna@b\u00fccher.e\uff58ample", "anna@b\u00fcc\u00adher.example"),
    *("anna@b\u00fccher.example.", "\uff41nna@b\u00fccher.example", "anna\u200b@b\u00fccher.example"),
    *(
        "anna+1@b\u00fccher.example",
        "a.n.n.a@b\u00fccher.example",
        "anna%@b\u00fccher.example",
        "anna@b\u00fccher.example,",
    ),
    *(
        '"anna"@b\u00fccher.example',
        "anna(1)@b\u00fccher.example",
        "<anna@b\u00fccher.example>",
        "anna\x00@b\u00fccher.example",
    ),
]


def test_other_spellings_of_an_address_have_no_quota_of_their_own(target: Target) -> None:
    """Each spelling has its own quota (CWE-178, CWE-180); a space was enough in many reported cases.

    A variant that is not an equivalent spelling, such as a tag or a dot, finds no account.
    """
    target.add_user("anna@b\u00fccher.example")

    found = {target.forgot(spelling).status for spelling in SPELLINGS for _ in range(2)}

    assert found == {202, 422}
    assert target.recipients == ["anna@xn--bcher-kva.example"] * QUOTA


def test_one_link_cannot_occupy_the_hashing_slots(make_target: MakeTarget) -> None:
    """One valid link, used from many addresses with a password that is compared and then refused (CWE-400)."""
    target = make_target(worker=False, TRUSTED_PROXIES="1", RESET_LIMIT_PER_LINK="10/hour")
    for address in (EVE, ANNA):
        target.add_user(address)
    body = {"token": target.token_of(EVE), "password": OLD_PASSWORD}

    answers = [
        target.post("/reset-password", body, {"X-Forwarded-For": f"2001:db8:0:{number:x}::1"}) for number in range(15)
    ]

    assert [answer.status for answer in answers] == [422] * 2 + [429] * 13
    assert target.reset(target.token_of(ANNA)).status == 200
