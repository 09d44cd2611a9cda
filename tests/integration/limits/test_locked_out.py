"""Strangers cannot lock an owner out: a network that has not asked for an address lately always gets one email."""

from typing import Any

import pytest

from api.forgot.accept import MAX_NETWORKS
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.integration.limits.asking import from_client, statuses
from tests.support.service import Service

ANNA = "anna@example.com"
QUOTA = 3
STRANGER, OWNER, NEIGHBOUR = (from_client(client) for client in ("203.0.113.1", "198.51.100.1", "198.51.100.2"))


@pytest.fixture
def locked(service: Service) -> Service:
    """A service where a stranger has used up the quota of Anna's address."""
    service.add_user(ANNA)
    statuses(service, [ANNA] * 20, **STRANGER)
    service.work()
    assert len(service.relay.mails) == QUOTA
    return service


def mails(service: Service) -> int:
    """Return how many emails were sent beyond the quota."""
    service.work()
    return len(service.relay.mails) - QUOTA


def networks(count: int) -> list[dict[str, Any]]:
    return [from_client(f"2001:db8:{number:x}::1") for number in range(count)]


def test_the_owner_gets_a_mail_from_another_network_although_strangers_used_up_the_quota(locked: Service) -> None:
    assert statuses(locked, [ANNA], **OWNER) == [202]

    assert mails(locked) == 1


@pytest.mark.parametrize("again", [STRANGER, OWNER, NEIGHBOUR])
def test_a_network_that_has_asked_gets_no_more_than_the_quota(locked: Service, again: dict[str, Any]) -> None:
    statuses(locked, [ANNA], **OWNER)

    statuses(locked, [ANNA] * 10, **again)

    assert mails(locked) == 1


def test_a_network_whose_request_was_within_the_quota_has_asked(service: Service) -> None:
    service.add_user(ANNA)
    statuses(service, [ANNA], **OWNER)
    statuses(service, [ANNA] * 10, **STRANGER)

    statuses(service, [ANNA], **OWNER)

    assert mails(service) == 0


def test_so_many_networks_and_no_more_flood_a_mailbox(locked: Service) -> None:
    for network in networks(MAX_NETWORKS + 10):
        statuses(locked, [ANNA], **network)

    assert mails(locked) == MAX_NETWORKS - 1  # The stranger's is one of them.
    (key,) = locked.redis.scan_iter(f"{Key.NETWORKS}*")
    assert locked.redis.scard(key) == MAX_NETWORKS + 1
    assert locked.redis.object("encoding", key) == "intset"


def test_the_networks_are_forgotten_when_a_link_of_the_first_has_expired(make_service: MakeService) -> None:
    service = make_service(RESET_TOKEN_MAX_AGE="600", FORGOT_LIMIT_PER_EMAIL="1/day")
    service.add_user(ANNA)
    statuses(service, [ANNA], **STRANGER)
    (key,) = service.redis.scan_iter(f"{Key.NETWORKS}*")
    assert 590 <= service.redis.ttl(key) <= 600
    service.redis.expire(key, 100)

    statuses(service, [ANNA], **OWNER)

    assert service.redis.ttl(key) <= 100
    service.redis.delete(key)
    statuses(service, [ANNA], **OWNER)
    service.work()
    assert len(service.relay.mails) == 3


def test_by_default_no_quota_is_used_up_for_longer_than_a_link_lives(make_service: MakeService) -> None:
    service = make_service(RESET_TOKEN_MAX_AGE="600")
    statuses(service, [ANNA] * 5)

    (counter,) = service.redis.scan_iter(f"{Key.LIMITS}*/address/*")

    assert service.redis.get(counter) == str(QUOTA)
    assert 590 <= service.redis.ttl(counter) <= 600


def test_a_loud_quota_follows_the_same_rule(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_EMAIL="2/hour", FORGOT_EMAIL_LIMIT_RESPONSE="429")

    found = statuses(service, [ANNA] * 3, **STRANGER) + statuses(service, [ANNA] * 2, **OWNER)

    assert found == [202, 202, 429, 202, 429]
    assert service.redis.hlen(Key.JOBS) == 3


def commands(service: Service, address: str, client: dict[str, Any]) -> dict[str, int]:
    # Whether a worker has to be called, and whether a lane is new, depends on what waits and not on the address.
    for key in [Key.LANES, Key.QUEUE, *service.redis.scan_iter(f"{Key.LANE}*")]:
        service.redis.delete(key)
    service.redis.config_resetstat()
    assert statuses(service, [address], **client) == [202]
    return {name: figures["calls"] for name, figures in service.redis.info("commandstats").items()}


def test_redis_does_the_same_whoever_has_asked_for_the_address(locked: Service) -> None:
    fresh = commands(locked, "somebody@example.com", STRANGER)

    same_network, new_network = commands(locked, ANNA, STRANGER), commands(locked, ANNA, OWNER)
    for network in networks(MAX_NETWORKS):
        statuses(locked, [ANNA], **network)
    full = commands(locked, ANNA, NEIGHBOUR)

    # A counter of a client is made or raised, whatever the address.
    counted = {"cmdstat_set", "cmdstat_incr"}
    found = [
        {name: calls for name, calls in each.items() if name not in counted}
        for each in (fresh, same_network, new_network, full)
    ]
    assert found[0]["cmdstat_sadd"] == 1
    assert all(each == found[0] for each in found)
