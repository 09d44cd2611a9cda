"""When Redis is nearly full, new requests are refused, and those already accepted are still processed."""

import pytest
import redis

from shared.connections.redis_memory import NO_MORE_HISTORY, memory_used
from shared.redis_keys import Key
from shared.ticker import Ticker
from tests.conftest import MakeService
from tests.support.metrics import BEARER, TOKEN, counted, parsed
from tests.support.outbox import unfinished
from tests.support.servers import RedisServer, wait_until
from tests.support.service import Service

MEGABYTE = 1024 * 1024


@pytest.fixture
def filling(make_service: MakeService, own_redis: RedisServer) -> Service:
    """A service whose Redis may use 40 MB."""
    service = make_service(REDIS_URL=own_redis.url, METRICS_TOKEN=TOKEN)
    service.redis.config_set("maxmemory", 40 * MEGABYTE)
    return service


@pytest.fixture
def restricted(own_redis: RedisServer) -> str:
    """The URL of a Redis user who may not run INFO."""
    with redis.Redis(port=own_redis.port) as client:
        client.execute_command("ACL", "SETUSER", "app", "on", ">hunter2", "~*", "&*", "+@all", "-info")
    return f"redis://app:hunter2@127.0.0.1:{own_redis.port}/0"


def look(service: Service) -> None:
    """Wait out the second between two checks of the memory."""
    watch = service.app.extensions["watch"]
    assert isinstance(watch, Ticker)
    watch.attempt(watch._tick)


def fill(service: Service, megabytes: int) -> None:
    """Store keys of another application until the service sees so much memory in use.

    Several small values: the allocator rounds a large one up, by a quarter with Debian's Redis.
    """
    bound = int(service.redis.config_get("maxmemory")["maxmemory"] or 0)
    while (memory_used(service.redis) or 0) * bound < megabytes * MEGABYTE:
        service.redis.rpush("foreign", "x" * 100_000)
    look(service)


def empty(service: Service) -> None:
    """Delete those keys. Redis may free the memory after it has answered (lazyfree-lazy-user-del)."""
    service.redis.delete("foreign")
    wait_until(lambda: (memory_used(service.redis) or 1) < NO_MORE_HISTORY, "the memory is not freed")
    look(service)


def test_from_80_percent_on_everybody_gets_503_until_there_is_room_again(filling: Service) -> None:
    fill(filling, 20)
    accepted = filling.forgot("anna@example.com")

    fill(filling, 34)
    refused = [filling.forgot("anna@example.com"), filling.forgot("nobody@example.com")]
    empty(filling)
    again = filling.forgot("anna@example.com")

    assert (accepted.status_code, again.status_code) == (202, 202)
    assert {(answer.status_code, answer.headers["Retry-After"], answer.data) for answer in refused} == {
        (503, "5", refused[0].data)
    }
    assert [event["level"] for event in filling.events("memory_short")] == ["error"]
    assert [event["level"] for event in filling.events("memory_short_no_more")] == ["warning"]


def test_readiness_says_that_requests_are_refused(filling: Service) -> None:
    filling.worker.sweeper.tick()
    fill(filling, 34)

    answer = filling.client.get("/readyz")

    assert (answer.status_code, answer.json) == (503, {"status": "unavailable"})
    assert [event["probe"] for event in filling.events("probe_failed")] == ["redis_memory"]


def test_a_request_refused_for_memory_sends_redis_no_command(filling: Service) -> None:
    fill(filling, 34)
    filling.redis.config_resetstat()

    filling.forgot("anna@example.com")

    assert set(filling.redis.info("commandstats")) == {"cmdstat_config|resetstat"}


def test_an_accepted_request_does_not_check_the_memory(filling: Service) -> None:
    fill(filling, 20)
    filling.forgot("anna@example.com")
    filling.redis.config_resetstat()

    filling.forgot("anna@example.com")

    assert "cmdstat_info" not in filling.redis.info("commandstats")


def test_resets_and_the_worker_go_on(filling: Service) -> None:
    filling.add_user("anna@example.com")
    token = filling.link_for("anna@example.com")
    filling.forgot("anna@example.com")
    fill(filling, 34)

    status = filling.reset(token).status_code
    filling.work()

    assert status == 200
    assert sorted(filling.relay.subjects()) == [
        "Reset your Latchkey password",
        "Reset your Latchkey password",
        "Your Latchkey password was changed",
    ]


def test_a_completely_full_redis_means_503_and_accepts_nothing(filling: Service) -> None:
    filling.forgot("anna@example.com")
    filling.redis.config_set("maxmemory", MEGABYTE)

    answer = filling.forgot("anna@example.com")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert unfinished(filling.redis) == 1
    look(filling)
    assert filling.redis.hget(Key.METRICS, "requests_refused:memory") == "1"


def test_the_metrics_show_the_memory_ratio_and_the_refusals(filling: Service) -> None:
    fill(filling, 34)
    filling.forgot("anna@example.com")

    metrics = parsed(filling.client.get("/metrics", headers=BEARER).get_data(as_text=True))

    assert 0.85 < metrics["redis_memory_ratio"] < 1
    assert counted(metrics) == {"requests_refused:memory": 1}


def test_requests_are_accepted_if_redis_forbids_info(make_service: MakeService, restricted: str) -> None:
    service = make_service(REDIS_URL=restricted)

    for _ in range(3):
        look(service)

    assert service.forgot("anna@example.com").status_code == 202
    assert service.events("redis_away") == []


def test_each_outage_is_logged_once(make_service: MakeService, own_redis: RedisServer) -> None:
    service = make_service(REDIS_URL=own_redis.url)

    for _ in range(2):
        own_redis.stop()
        for _ in range(3):
            look(service)
        own_redis.start()
        look(service)

    assert len(service.events("redis_away")) == 2


def test_above_60_percent_no_history_is_written_even_without_a_worker(filling: Service) -> None:
    fill(filling, 26)

    filling.forgot("anna@example.com")

    assert filling.redis.keys(f"{Key.HISTORY}*") == [Key.HISTORY_OFF]


def test_memory_that_redis_leaves_out_of_maxmemory_is_not_counted(
    filling: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = {"used_memory": 90, "mem_not_counted_for_evict": 80, "maxmemory": 100}
    monkeypatch.setattr(filling.redis, "info", lambda _section: used)

    assert memory_used(filling.redis) == 0.1
