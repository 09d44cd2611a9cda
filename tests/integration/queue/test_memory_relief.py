"""What a flood makes grow gives way before requests are refused, in order."""

from typing import Any

import pytest

from shared.connections.redis_memory import HISTORY_OFF_TIMEOUT, NO_MORE_REQUESTS, memory_used
from shared.redis_keys import Key
from shared.ticker import Ticker
from tests.conftest import MakeService
from tests.support.outbox import unfinished
from tests.support.servers import RedisServer
from tests.support.service import Service

MEGABYTE = 1024 * 1024
STEPS = {"below": 0.59, "histories": 0.61, "addresses": 0.71, "clients": 0.76}


@pytest.fixture
def flooded(make_service: MakeService) -> Service:
    """A service after one request, and after the requests of a client that used up its limit and Anna's quota."""
    service = make_service(FORGOT_LIMIT_PER_IP="3/hour")
    service.forgot("ben@example.com", environ_base={"REMOTE_ADDR": "198.51.100.1"})
    for _ in range(4):
        service.forgot("anna@example.com", environ_base={"REMOTE_ADDR": "2001:db8::1"})
    return service


def left(service: Service, used: float, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """Return what is left after a tick with so much memory in use: the counts of addresses and of clients."""
    monkeypatch.setattr("worker.queue.sweeper.memory_used", lambda _: used)
    service.worker.sweeper.tick()
    keys = list(service.redis.scan_iter(f"{Key.LIMITS}LIMITER/*"))
    addresses, clients = ([key for key in keys if ("/address/" in key) is wanted] for wanted in (True, False))
    return {
        "histories": sorted(key for key in service.redis.scan_iter(f"{Key.HISTORY}*") if key != Key.HISTORY_OFF),
        "networks": service.redis.keys(f"{Key.NETWORKS}*"),
        "addresses": sorted(str(service.redis.get(key)) for key in addresses),
        "clients": sorted("=".join([key.split("/")[2], str(service.redis.get(key))]) for key in clients),
    }


def test_below_all_levels_nothing_gives_way(flooded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    found = left(flooded, STEPS["below"], monkeypatch)

    assert [len(each) for each in found.values()] == [2, 2, 2, 5]


def test_histories_go_before_counters(flooded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    found = left(flooded, STEPS["histories"], monkeypatch)

    assert [len(each) for each in found.values()] == [0, 2, 2, 5]


def test_quotas_that_are_not_used_up_go_before_counters_of_clients(
    flooded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = left(flooded, STEPS["addresses"], monkeypatch)

    assert (found["networks"], found["addresses"], len(found["clients"])) == ([], ["3"], 5)


def test_clients_that_have_hardly_begun_go_last(make_service: MakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="10/hour")
    service.forgot("ben@example.com", environ_base={"REMOTE_ADDR": "198.51.100.1"})
    for number in range(5):
        service.forgot(f"user{number}@example.com", environ_base={"REMOTE_ADDR": "203.0.113.1"})

    found = left(service, STEPS["clients"], monkeypatch)

    # Of a client, one of ten is a tenth already. Five of a network's hundred are not.
    assert found["clients"] == ["forgot=1", "forgot=5"]


@pytest.mark.slow
def test_a_flood_from_many_networks_leaves_the_door_open(make_service: MakeService, own_redis: RedisServer) -> None:
    """186 to 513 bytes for each new address, never given up, shut the door for a day."""
    service = make_service(REDIS_URL=own_redis.url, TRUSTED_PROXIES="1")
    service.redis.config_set("maxmemory", service.redis.info("memory")["used_memory"] + 3 * MEGABYTE)
    watch, highest = service.app.extensions["watch"], 0.0
    assert isinstance(watch, Ticker)

    for second in range(18):
        for number in range(200):
            client = f"2001:{second:x}:{number:x}::1"
            answer = service.forgot(f"{second}.{number}@example.com", headers={"X-Forwarded-For": client})
            assert answer.status_code == 202, (second, highest)
        service.redis.delete(*(key for key in Key if key.startswith("outbox:")), Key.QUEUE)  # As if workers kept pace.
        highest = max(highest, memory_used(service.redis) or 0)
        service.worker.sweeper.tick()
        watch.attempt(watch._tick)

    assert 0.7 < highest < NO_MORE_REQUESTS


def test_histories_are_dropped_first_when_memory_is_short(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.forgot("ben@example.com")
    monkeypatch.setattr("worker.queue.sweeper.memory_used", lambda _: 0.61)
    service.worker.sweeper.tick()

    service.forgot("anna@example.com")
    service.work()

    assert service.redis.keys(f"{Key.HISTORY}*") == [Key.HISTORY_OFF]
    assert 0 < service.redis.ttl(Key.HISTORY_OFF) <= HISTORY_OFF_TIMEOUT
    assert unfinished(service.redis) == 0
