"""Room to drain: a Redis that is nearly full accepts nothing more, and what it holds goes on."""

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
    """The address of a Redis user who may not ask for INFO."""
    with redis.Redis(port=own_redis.port) as client:
        client.execute_command("ACL", "SETUSER", "app", "on", ">hunter2", "~*", "&*", "+@all", "-info")
    return f"redis://app:hunter2@127.0.0.1:{own_redis.port}/0"


def look(service: Service) -> None:
    """Let the second pass until the memory is looked at."""
    watch = service.app.extensions["watch"]
    assert isinstance(watch, Ticker)
    watch.attempt(watch._tick)


def fill(service: Service, megabytes: int) -> None:
    """Store something that is not ours until so much is used, as the service counts it.

    In pieces: an allocator rounds one large value up, by a quarter of it in Debian's Redis.
    """
    bound = int(service.redis.config_get("maxmemory")["maxmemory"] or 0)
    while (memory_used(service.redis) or 0) * bound < megabytes * MEGABYTE:
        service.redis.rpush("foreign", "x" * 100_000)
    look(service)


def empty(service: Service) -> None:
    """Give back what was filled. Redis may free it later than it answers (lazyfree-lazy-user-del)."""
    service.redis.delete("foreign")
    wait_until(lambda: (memory_used(service.redis) or 1) < NO_MORE_HISTORY, "the memory is not given back")
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


def test_readiness_tells_that_requests_are_refused(filling: Service) -> None:
    filling.worker.sweeper.tick()
    fill(filling, 34)

    answer = filling.client.get("/readyz")

    assert (answer.status_code, answer.json) == (503, {"status": "unavailable"})
    assert [event["probe"] for event in filling.events("probe_failed")] == ["redis_memory"]


def test_a_request_that_is_refused_for_it_asks_redis_nothing(filling: Service) -> None:
    fill(filling, 34)
    filling.redis.config_resetstat()

    filling.forgot("anna@example.com")

    assert set(filling.redis.info("commandstats")) == {"cmdstat_config|resetstat"}


def test_a_request_that_is_accepted_does_not_ask_for_the_memory(filling: Service) -> None:
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


def test_a_redis_that_has_no_room_at_all_is_a_503_too_and_accepts_nothing(filling: Service) -> None:
    filling.forgot("anna@example.com")
    filling.redis.config_set("maxmemory", MEGABYTE)

    answer = filling.forgot("anna@example.com")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert unfinished(filling.redis) == 1
    look(filling)
    assert filling.redis.hget(Key.METRICS, "requests_refused:memory") == "1"


def test_the_metrics_tell_the_ratio_and_the_refusals(filling: Service) -> None:
    fill(filling, 34)
    filling.forgot("anna@example.com")

    metrics = parsed(filling.client.get("/metrics", headers=BEARER).get_data(as_text=True))

    assert 0.85 < metrics["redis_memory_ratio"] < 1
    assert counted(metrics) == {"requests_refused:memory": 1}


def test_where_info_is_forbidden_requests_go_on(make_service: MakeService, restricted: str) -> None:
    service = make_service(REDIS_URL=restricted)

    for _ in range(3):
        look(service)

    assert service.forgot("anna@example.com").status_code == 202
    assert service.events("redis_away") == []


def test_an_outage_is_logged_once_and_the_next_one_anew(make_service: MakeService, own_redis: RedisServer) -> None:
    service = make_service(REDIS_URL=own_redis.url)

    for _ in range(2):
        own_redis.stop()
        for _ in range(3):
            look(service)
        own_redis.start()
        look(service)

    assert len(service.events("redis_away")) == 2


def test_from_60_percent_on_no_history_is_written_though_no_worker_is_alive(filling: Service) -> None:
    fill(filling, 26)

    filling.forgot("anna@example.com")

    assert filling.redis.keys(f"{Key.HISTORY}*") == [Key.HISTORY_OFF]


def test_what_redis_itself_does_not_count_counts_for_nothing(filling: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    used = {"used_memory": 90, "mem_not_counted_for_evict": 80, "maxmemory": 100}
    monkeypatch.setattr(filling.redis, "info", lambda _section: used)

    assert memory_used(filling.redis) == 0.1
