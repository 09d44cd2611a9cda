"""Each process publishes its counts to Redis exactly once, even through outages of Redis."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from redis.exceptions import RedisError

from api.ops.counters import Counters
from shared.connections.redis_client import connect
from shared.redis_keys import Key
from tests.support.servers import RedisServer


@pytest.fixture
def own_client(own_redis: RedisServer) -> Iterator[redis.Redis]:
    with connect(own_redis.url, connect_timeout=0.1, timeout=0.2) as client:
        yield client


def counters_of(client: redis.Redis, *, waiting: int = 0) -> Counters:
    return Counters(client, lambda: waiting)


def totals(client: redis.Redis) -> dict[Any, Any]:
    return client.hgetall(Key.METRICS)


def test_the_counts_of_all_processes_are_added(client: redis.Redis) -> None:
    one, other = counters_of(client), counters_of(client)

    for process in (one, other, other):
        process.add("resets_confirmed")
        process.publish()

    assert totals(client) == {"resets_confirmed": "3"}


def test_threads_that_count_at_once_lose_nothing(client: redis.Redis) -> None:
    counters = counters_of(client)

    def count_many() -> None:
        for _ in range(2000):
            counters.add("requests_accepted")

    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(count_many)
        for _ in range(20):
            pool.submit(counters.publish)
    counters.publish()

    assert totals(client) == {"requests_accepted": "16000"}


def test_counts_that_could_not_be_published_are_kept(own_redis: RedisServer, own_client: redis.Redis) -> None:
    counters = counters_of(own_client)
    counters.add("resets_confirmed")
    own_redis.stop()

    with pytest.raises(RedisError):
        counters.publish()
    counters.add("requests_accepted")
    own_redis.start()
    counters.publish()

    assert totals(own_client) == {"resets_confirmed": "1", "requests_accepted": "1"}


def test_a_batch_whose_answer_was_lost_is_not_added_twice(own_redis: RedisServer, own_client: redis.Redis) -> None:
    counters = counters_of(own_client)
    counters.publish()
    counters.add("resets_confirmed")
    own_redis.send(signal.SIGSTOP)

    with pytest.raises(RedisError):
        counters.publish()
    own_redis.send(signal.SIGCONT)
    arrived = totals(own_client)
    counters.add("resets_confirmed")
    counters.publish()

    assert arrived == {"resets_confirmed": "1"}
    assert totals(own_client) == {"resets_confirmed": "2"}


def test_a_full_redis_still_accepts_counts(own_client: redis.Redis) -> None:
    counters = counters_of(own_client)
    counters.add("requests_refused:memory")
    own_client.config_set("maxmemory", 1)

    counters.publish()

    assert totals(own_client) == {"requests_refused:memory": "1"}


def test_waiting_passwords_are_summed_over_all_processes(client: redis.Redis) -> None:
    for waiting in (3, 0, 4):
        counters_of(client, waiting=waiting).publish()

    assert counters_of(client).hashing() == 7


def test_only_the_latest_number_of_a_process_counts(client: redis.Redis) -> None:
    numbers = [9, 2, 9, 5]
    counters = Counters(client, lambda: numbers.pop(0))

    for _ in range(4):
        counters.publish()

    assert counters.hashing() == 5


def test_a_process_that_is_silent_for_five_seconds_is_forgotten(client: redis.Redis) -> None:
    counters_of(client, waiting=3).publish()
    (member,) = client.zrange(Key.HASHING, 0, -1)
    client.zincrby(Key.HASHING, -5_000_001, str(member))

    counters_of(client, waiting=1).publish()

    assert counters_of(client).hashing() == 1
