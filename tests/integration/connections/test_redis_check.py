"""An unsuitable Redis stops the start; an unreachable one does not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from structlog.testing import capture_logs

import shared.connections.redis_check
from shared.connections.redis_check import check_redis
from shared.settings.environment import SettingsError
from shared.settings.settings import RedisSettings
from tests.support.servers import RedisServer, free_port


@pytest.fixture
def client(own_redis: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("maxmemory", "1gb")
        yield client


def check(url: str) -> list[str]:
    """Check a Redis and return the events that were logged."""
    with capture_logs() as lines:
        check_redis(RedisSettings.load({"REDIS_URL": url}))
    return [line["event"] for line in lines]


def test_a_durable_redis_passes(own_redis: RedisServer, client: redis.Redis) -> None:
    assert check(own_redis.url) == []


@pytest.mark.parametrize(
    ("setting", "value", "event"),
    [
        ("maxmemory-policy", "allkeys-lru", "redis_may_evict"),
        ("appendonly", "no", "redis_may_forget"),
        ("maxmemory", "0", "redis_unbounded"),
    ],
)
def test_a_redis_that_may_lose_accepted_jobs_gets_a_warning(
    own_redis: RedisServer, client: redis.Redis, setting: str, value: str, event: str
) -> None:
    client.config_set(setting, value)

    assert check(own_redis.url) == [event]


def test_an_unreachable_redis_does_not_stop_the_start() -> None:
    assert check(f"redis://127.0.0.1:{free_port()}/0") == ["redis_away"]


def test_a_redis_that_forbids_info_passes_with_a_warning(own_redis: RedisServer, client: redis.Redis) -> None:
    client.acl_setuser("anna", enabled=True, passwords=["+pass"], keys="*", commands=["+@all", "-info"])

    assert check(own_redis.url.replace("//", "//anna:pass@")) == ["redis_tells_nothing"]


def test_a_redis_user_without_access_to_all_keys_stops_the_start(own_redis: RedisServer, client: redis.Redis) -> None:
    client.acl_setuser("anna", enabled=True, passwords=["+pass"], keys=["outbox:*"], commands=["+@all"])

    with pytest.raises(SettingsError, match="ACL SETUSER NAME allkeys"):
        check(own_redis.url.replace("//", "//anna:pass@"))


def test_a_user_who_may_run_no_scripts_ends_the_start(own_redis: RedisServer, client: redis.Redis) -> None:
    client.acl_setuser("anna", enabled=True, passwords=["+pass"], keys="*", commands=["+@all", "-eval"])

    with pytest.raises(SettingsError, match="the command EVAL"):
        check(own_redis.url.replace("//", "//anna:pass@"))


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `anna`, `pass`,", "too old"),
        ("something about pass", "Its own log says more"),
    ],
)
def test_the_words_of_a_redis_refusal_are_not_repeated(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch, words: str, hint: str
) -> None:
    def refuse(*_: object) -> None:
        raise redis.ResponseError(words)

    monkeypatch.setattr(redis.Redis, "exists", refuse)

    with pytest.raises(SettingsError) as refused:
        check(own_redis.url)

    assert hint in str(refused.value)
    assert "pass" not in str(refused.value)


def test_a_redis_cluster_stops_the_start(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis.Redis, "info", lambda _: {"redis_version": "7.2.4", "cluster_enabled": 1})

    with pytest.raises(SettingsError, match="Redis Cluster"):
        check(own_redis.url)


def test_an_old_redis_stops_the_start(own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.connections.redis_check, "MIN_VERSION", 1000)

    with pytest.raises(SettingsError, match=r"this is Redis .* needs Redis 7 or later"):
        check(own_redis.url)


@pytest.mark.slow
@pytest.mark.parametrize("program", ["api", "worker"])
@pytest.mark.parametrize(
    ("user", "database", "words"),
    [("anna:wrong@", 0, "refuses its user or password"), ("", 999, "no database of this number")],
)
def test_a_wrong_password_or_database_number_stops_the_start_with_the_reason(
    own_redis: RedisServer, make_service: Any, program: str, user: str, database: int, words: str
) -> None:
    url = f"redis://{user}127.0.0.1:{own_redis.port}/{database}"
    environ = os.environ | make_service().environ | {"REDIS_URL": url, "PORT": str(free_port())}

    command = [sys.executable, "-m", program]
    ended = subprocess.run(command, env=environ, check=False, capture_output=True, text=True, timeout=30)

    assert ended.returncode == 1
    assert words in ended.stderr
    assert "wrong" not in ended.stderr
