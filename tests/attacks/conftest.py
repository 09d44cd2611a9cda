"""The running service that the attacks are aimed at: one for all, and others with settings of a test's own."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.attacks.target import Target
from tests.conftest import require_redis

MakeTarget = Callable[..., Target]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def new_database(postgres: Any) -> Callable[[], str]:
    """Make an empty PostgreSQL database and return its URL."""

    def make() -> str:
        name = f"attacks{next(_numbers)}"
        with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return str(postgres.get_uri(name))

    return make


@pytest.fixture(scope="session")
def target_of_all(new_database: Callable[[], str]) -> Iterator[Target]:
    require_redis()
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder, Target(Path(folder), new_database(), {}) as target:
        yield target


@pytest.fixture
def target(target_of_all: Target) -> Target:
    """The service with its usual settings, the limit per client raised; nobody in its table, no mail sent yet."""
    target_of_all.clear()
    return target_of_all


@pytest.fixture
def make_target(new_database: Callable[[], str], tmp_path: Path) -> Iterator[MakeTarget]:
    """Start services with other settings; `worker=False` leaves the worker out, `database_url` names another table."""
    require_redis()
    with ExitStack() as ends:

        def make(*, worker: bool = True, database_url: str = "", **environ: str) -> Target:
            folder = tmp_path / f"target{next(_numbers)}"
            return ends.enter_context(Target(folder, database_url or new_database(), environ, worker=worker))

        yield make


@pytest.fixture(scope="session")
def proxied_of_all(new_database: Callable[[], str]) -> Iterator[Target]:
    require_redis()
    few = {"TRUSTED_PROXIES": "1", "FORGOT_LIMIT_PER_IP": "5/hour", "RESET_LIMIT_PER_IP": "5/hour"}
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder, Target(Path(folder), new_database(), few) as target:
        yield target


@pytest.fixture
def proxied(proxied_of_all: Target) -> Target:
    """The service behind one proxy, whose part the test plays, with five requests an hour for each client."""
    proxied_of_all.clear()
    return proxied_of_all
