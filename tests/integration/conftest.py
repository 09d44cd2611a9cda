"""An outbox on a real Redis and how to look into it, and how to act at the right moment of a reset."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from api.passwords.hashing import Passwords
from shared.outbox.jobs import Job, new_id
from shared.outbox.outbox import Outbox
from tests.support.servers import RedisServer
from tests.support.service import Service
from tests.support.template_folder import Write


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
    client.zadd(key, {str(identity): 1})


def before_hashing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen after the user is loaded and before the update."""
    hash_password = Passwords.hash

    def act_then_hash(self: Passwords, password: str, old: str = "") -> str:
        act()
        return hash_password(self, password, old)

    monkeypatch.setattr(Passwords, "hash", act_then_hash)


def make_due(service: Service) -> None:
    """Let the time pass that a notice is held back."""
    for identity in service.redis.zrange("outbox:later", 0, -1):
        service.redis.zadd("outbox:later", {str(identity): 0})


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Write files, by name and content, and return their folder."""

    def write(files: dict[str, str]) -> str:
        for name, content in files.items():
            file = tmp_path / "templates" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return str(tmp_path / "templates")

    return write
