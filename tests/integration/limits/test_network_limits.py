"""The coarser limits: the clients of a network share one, and so do those of an IPv6 site."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.integration.limits.asking import from_client, statuses
from tests.support.metrics import BEARER, TOKEN, counted, parsed
from tests.support.service import Service

# Clients of one network, each of them another one for the limit per client.
CLIENTS = {
    "IPv4 /24": [f"203.0.113.{number}" for number in range(40)],
    "IPv6 /48": [f"2001:db8:1:{number:x}00::1" for number in range(40)],
    "IPv6 /56": [f"2001:db8:1:{number:x}::1" for number in range(40)],
}


def flooded(service: Service, clients: list[str], each: int = 2) -> list[int]:
    """Request links from every client, for a new address each time."""
    fresh = new_addresses()
    return [
        status
        for client in clients
        for _ in range(each)
        for status in statuses(service, [next(fresh)], **from_client(client))
    ]


def new_addresses() -> Iterator[str]:
    yield from (f"user{number}@example.com" for number in range(1000))


def counters(service: Service) -> dict[Any, Any]:
    return {key: service.redis.get(key) for key in service.redis.scan_iter(f"{Key.LIMITS}LIMITER/*")}


@pytest.mark.parametrize(("network", "accepted"), [("IPv4 /24", 20), ("IPv6 /48", 20), ("IPv6 /56", 6)])
def test_the_clients_of_a_network_share_a_limit(make_service: MakeService, network: str, accepted: int) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="2/hour")

    found = flooded(service, CLIENTS[network])

    assert found == [202] * accepted + [429] * (80 - accepted)


def test_another_network_is_not_held_back(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="2/hour")
    flooded(service, CLIENTS["IPv4 /24"] + CLIENTS["IPv6 /48"])

    found = [statuses(service, ["a@example.com"], **from_client(client)) for client in ("203.0.112.1", "2001:db8:2::1")]

    assert found == [[202], [202]]


def test_the_limit_of_a_network_can_be_set(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="2/hour", FORGOT_LIMIT_PER_NETWORK="3/minute;5/hour")

    answers = [service.forgot(f"u{n}@example.com", **from_client(f"203.0.113.{n}")) for n in range(4)]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60


@pytest.mark.parametrize("network", list(CLIENTS))
def test_a_client_of_a_network_over_its_limit_leaves_nothing_in_redis(make_service: MakeService, network: str) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="2/hour")
    flooded(service, CLIENTS[network][:-1])
    before = counters(service)
    service.redis.config_resetstat()

    found = statuses(service, ["new@example.com"], **from_client(CLIENTS[network][-1]))

    assert found == [429]
    assert counters(service) == before
    assert {"cmdstat_set", "cmdstat_incr", "cmdstat_incrby", "cmdstat_sadd"} & set(
        service.redis.info("commandstats")
    ) == set()


def test_a_client_over_its_own_limit_spends_nothing_of_its_network(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="2/hour")

    flooded(service, ["2001:db8:1::1"], each=50)

    assert set(counters(service).values()) == {"1", "2"}
    assert statuses(service, ["a@example.com"], **from_client("2001:db8:1:1::1")) == [202]


@pytest.mark.parametrize("limits", ["3/minute;5/hour", "5/hour;3/minute", "4/90 minutes;2/hour"])
def test_the_script_and_flask_limiter_agree_on_every_network(make_service: MakeService, limits: str) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="2/minute", FORGOT_LIMIT_PER_NETWORK=limits)

    found = flooded(service, CLIENTS["IPv6 /56"][:5])

    assert service.redis.hlen(Key.JOBS) == found.count(202) == found.index(429)


def test_resets_and_checks_have_a_limit_per_network_too(make_service: MakeService) -> None:
    service = make_service(RESET_LIMIT_PER_IP="1/hour")

    def check(client: str) -> int:
        return service.client.post("/reset-password/check", json={"token": "x"}, **from_client(client)).status_code

    found = {network: [check(client) for client in clients].count(400) for network, clients in CLIENTS.items()}

    # The /56 is in the /48, whose ten are spent by then.
    assert found == {"IPv4 /24": 10, "IPv6 /48": 10, "IPv6 /56": 0}
    assert check("2001:db8:2::1") == 400


def test_checks_over_the_limit_of_a_client_do_not_use_up_that_of_its_network(make_service: MakeService) -> None:
    service = make_service(RESET_LIMIT_PER_IP="1/hour")
    for _ in range(30):
        service.client.post("/reset-password/check", json={"token": "x"}, **from_client("203.0.113.1"))

    neighbour = service.client.post("/reset-password/check", json={"token": "x"}, **from_client("203.0.113.2"))

    assert neighbour.status_code == 400


def test_the_metrics_tell_networks_from_clients(make_service: MakeService) -> None:
    service = make_service(METRICS_TOKEN=TOKEN, FORGOT_LIMIT_PER_IP="2/hour")
    flooded(service, CLIENTS["IPv4 /24"][:11])
    flooded(service, ["198.51.100.1"], each=3)

    metrics = counted(parsed(service.client.get("/metrics", headers=BEARER).get_data(as_text=True)))

    assert metrics["requests_limited:network"] == 2
    assert metrics["requests_limited:client"] == 1


def test_no_counter_names_a_client(make_service: MakeService) -> None:
    service = make_service()
    flooded(service, ["203.0.113.77", "2001:db8:1:2::1"])
    service.add_user("anna@example.com")
    service.check(service.link_for("anna@example.com"))

    names = " ".join(service.redis.scan_iter("*"))

    assert "LIMITER" in names
    assert [part for part in ("203.0", "2001", "db8", "127.0") if part in names] == []
