"""An outbox on a real Redis, and how to look into it."""

import time
from collections.abc import Iterator

import pytest
import redis

from shared.jobs import Job, new_id
from shared.outbox import Outbox
from tests.servers import RedisServer


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        yield client


@pytest.fixture
def outbox(client: redis.Redis) -> Outbox:
    return Outbox(client)


def job() -> Job:
    return Job(new_id(), "forgot", "request", "hash", time.time(), address="anna@example.com")


def places(client: redis.Redis, identity: str) -> list[str]:
    """Say where a job is, apart from `jobs`."""
    keys = ("queued", "leased", "later")
    return [key for key in keys if client.zscore(f"outbox:{key}", identity) is not None]


def pass_time(client: redis.Redis, key: str, identity: str) -> None:
    """Let a lease end, or a wait."""
    client.zadd(key, {identity: 1})
