"""Fixtures for an outbox on a real Redis, and a hook into the middle of a reset."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from api.passwords.new_password import NewPasswords
from shared.outbox.jobs import Job, new_id
from shared.outbox.outbox import Outbox
from tests.support.servers import RedisServer
from tests.support.template_folder import Write
from worker.queue.consumer import Consumer
from worker.queue.sweeper import Sweeper, Swept


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        yield client


@pytest.fixture
def outbox(client: redis.Redis) -> Outbox:
    return Outbox(client)


@pytest.fixture
def consumer(outbox: Outbox) -> Consumer:
    return Consumer(outbox)


@pytest.fixture
def make_sweeper(outbox: Outbox) -> Callable[..., Sweeper]:
    def make(max_age: float = 86400, **options: Any) -> Sweeper:
        return Sweeper(outbox, max_age, **options)

    return make


@pytest.fixture
def sweep(make_sweeper: Callable[..., Sweeper]) -> Callable[[], Swept]:
    return make_sweeper().sweep_once


def job() -> Job:
    return Job(new_id(), "forgot", "request", "hash", time.time(), address="anna@example.com")


def before_hashing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Run a function after the user is loaded and before the update."""
    hash_password = NewPasswords.hash

    def act_then_hash(self: NewPasswords, password: str, old: str = "") -> str:
        act()
        return hash_password(self, password, old)

    monkeypatch.setattr(NewPasswords, "hash", act_then_hash)


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Write files, given as name and content, and return their folder."""

    def write(files: dict[str, str]) -> str:
        for name, content in files.items():
            file = tmp_path / "templates" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return str(tmp_path / "templates")

    return write
