"""If Redis or the database is down: a fast 503, the same for every address, no partial changes, no restart needed."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import NoReturn

import pytest
from flask.testing import FlaskClient
from redis.exceptions import AuthenticationError, OutOfMemoryError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisTimeout
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.servers import RedisServer
from tests.support.service import Service


@pytest.fixture
def service_on_own_redis(make_service: MakeService, own_redis: RedisServer) -> Service:
    return make_service(REDIS_URL=own_redis.url, short_timeouts=True)


def ask(client: FlaskClient, address: str) -> tuple[int, str | None, float]:
    begun = time.monotonic()
    answer = client.post("/forgot-password", json={"email": address})
    return answer.status_code, answer.headers.get("Retry-After"), time.monotonic() - begun


def test_with_redis_stopped_requests_get_a_fast_503_and_succeed_again_afterwards(
    service_on_own_redis: Service, own_redis: RedisServer
) -> None:
    service = service_on_own_redis
    service.forgot("anna@example.com")
    own_redis.stop(signal.SIGKILL)

    status, retry_after, seconds = ask(service.client, "anna@example.com")
    own_redis.start()

    assert (status, retry_after) == (503, "5")
    assert seconds < 0.5
    assert service.forgot("anna@example.com").status_code == 202


def test_with_redis_frozen_requests_get_a_fast_503_and_succeed_again_afterwards(
    service_on_own_redis: Service, own_redis: RedisServer
) -> None:
    service = service_on_own_redis
    service.forgot("anna@example.com")
    own_redis.send(signal.SIGSTOP)

    status, retry_after, seconds = ask(service.client, "anna@example.com")
    own_redis.send(signal.SIGCONT)

    assert (status, retry_after) == (503, "5")
    assert seconds < 0.5
    assert service.forgot("anna@example.com").status_code == 202


REDIS_SAYS = {
    RedisTimeout("secret"): "Redis did not answer in time.",
    RedisAway("secret"): "Redis cannot be reached.",
    AuthenticationError("secret"): "Redis refuses its user or password.",
    OutOfMemoryError("secret"): "Redis is full and refuses writes.",
    ReadOnlyError("secret"): "This Redis is a replica and refuses writes.",
    DatabaseTimeout("secret"): "All connections to the database are in use.",
}


@pytest.mark.parametrize("error", REDIS_SAYS, ids=lambda error: type(error).__name__)
def test_the_log_names_the_kind_of_error_and_never_its_message(service: Service, error: Exception) -> None:
    def fail() -> NoReturn:
        raise error

    service.app.add_url_rule("/fails", view_func=fail)

    assert service.client.get("/fails").status_code == 503
    [event] = service.events("unavailable")
    assert event["hint"].startswith(REDIS_SAYS[error])
    assert "secret" not in service.logs.getvalue()


def test_known_and_unknown_addresses_get_the_same_503(service_on_own_redis: Service, own_redis: RedisServer) -> None:
    service = service_on_own_redis
    service.add_user("anna@example.com")
    own_redis.stop()

    answers = [service.forgot("anna@example.com"), service.forgot("nobody@example.com")]
    own_redis.start()

    assert answers[0].status_code == 503
    assert answers[0].data == answers[1].data


def test_a_reset_without_redis_gets_503_and_touches_nothing(
    service_on_own_redis: Service, own_redis: RedisServer
) -> None:
    service = service_on_own_redis
    stored = service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")
    own_redis.stop()

    answer = service.reset(token)
    own_redis.start()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert service.stored_hash("anna@example.com") == stored
    assert service.reset(token).status_code == 200


def test_a_redis_failure_after_the_limits_leaves_the_password_unchanged(
    service_on_own_redis: Service, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = service_on_own_redis
    stored = service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")

    def kill_redis(*_: object) -> str:
        own_redis.stop(signal.SIGKILL)
        return "$2b$04$" + "n" * 53

    monkeypatch.setattr("api.passwords.formats.bcrypt_formats.Bcrypt.hash", kill_redis)

    answer = service.reset(token)
    own_redis.start()

    assert answer.status_code == 503
    assert service.stored_hash("anna@example.com") == stored


def test_a_redis_failure_after_the_commit_is_no_error_and_the_notice_comes_later(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RedisAway

    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")
    monkeypatch.setattr("shared.outbox.outbox.Outbox.promote", fail)

    answer = service.reset(token)
    waiting = service.redis.zrange(Key.LATER, 0, -1)
    service.redis.zadd(Key.LATER, {str(waiting[0]): 0})
    service.work()

    assert answer.status_code == 200
    assert service.relay.subjects()[-1] == "Your Latchkey password was changed"


KILLED_AFTER_COMMIT = textwrap.dedent("""
    import os, signal, sys
    from api.app import create_app
    from shared.outbox.outbox import Outbox

    Outbox.promote = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    create_app().test_client().post("/reset-password", json={"token": sys.argv[1], "password": sys.argv[2]})
""")


@pytest.mark.slow
def test_an_api_killed_right_after_the_commit_leaves_a_notice_that_is_mailed(service: Service) -> None:
    stored = service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")

    command = [sys.executable, "-c", KILLED_AFTER_COMMIT, token, "correct horse battery"]
    ended = subprocess.run(command, env=os.environ | service.environ, check=False, timeout=30)
    waiting = service.redis.zrange(Key.LATER, 0, -1, withscores=True)
    service.redis.zadd(Key.LATER, {str(waiting[0][0]): 0})
    service.work()

    assert ended.returncode == -signal.SIGKILL
    assert service.stored_hash("anna@example.com") != stored
    assert float(waiting[0][1]) / 1e6 - time.time() < 61
    assert service.relay.subjects()[-1] == "Your Latchkey password was changed"
