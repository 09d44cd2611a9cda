"""The running service that the attacks are aimed at: one for all, and others with settings of a test's own."""

import copy
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.attacks.nginx import Nginx, find_nginx
from tests.attacks.slow import FILES, allow_files
from tests.attacks.target import ANNA, Target
from tests.conftest import require_redis

# As awkward as it may be: with what HTML must escape, and the token in the middle.
BEHIND_A_PROXY = {
    "TRUSTED_PROXIES": "1",
    "RESET_URL": "https://www.example.org:8443/~reset/{token}?from='mail'&to=(you)#top",
    "PRODUCT_NAME": """<img src=//evil.example/x onerror=alert(1)>"'{{7*7}}&amp;""",
    "SUPPORT_EMAIL": "'onclick='alert(1)'//@evil.example",
}
MakeTarget = Callable[..., Target]
CORS_ORIGINS = "https://www.example.com,http://[::1]:3000"
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
def proxied_of_all(new_database: Callable[[], str]) -> Iterator[tuple[Target, Nginx]]:
    require_redis()
    find_nginx()  # Before a service is started that nobody could ask.
    allow_files(FILES)
    environ = {"TRUSTED_PROXIES": "1", "CORS_ORIGINS": CORS_ORIGINS}
    with tempfile.TemporaryDirectory(prefix="latchkey-") as name, ExitStack() as ends:
        folder = Path(name)
        target = ends.enter_context(Target(folder, new_database(), environ))
        nginx = ends.enter_context(Nginx(folder / "nginx", target.port))
        target.port = nginx.port
        yield target, nginx


@pytest.fixture
def proxied(proxied_of_all: tuple[Target, Nginx]) -> Target:
    """The service behind the real proxy of deploy/nginx.conf, with web origins that may call it."""
    target, _ = proxied_of_all
    target.clear()
    return target


@pytest.fixture
def past_proxy(proxied: Target) -> Target:
    """The same service, asked as its proxy asks it."""
    direct = copy.copy(proxied)
    direct.port = int(proxied.environ["PORT"])
    return direct


@pytest.fixture(params=["API", "proxy"])
def either(request: pytest.FixtureRequest, proxied: Target, past_proxy: Target) -> Target:
    """The service, past its proxy and through it."""
    return proxied if request.param == "proxy" else past_proxy


@pytest.fixture
def proxy(proxied_of_all: tuple[Target, Nginx]) -> Nginx:
    """The proxy itself."""
    return proxied_of_all[1]


@pytest.fixture(scope="session")
def trusting_of_all(new_database: Callable[[], str]) -> Iterator[Target]:
    require_redis()
    with (
        tempfile.TemporaryDirectory(prefix="latchkey-") as folder,
        Target(Path(folder), new_database(), BEHIND_A_PROXY) as target,
    ):
        yield target


@pytest.fixture
def trusting(trusting_of_all: Target) -> Target:
    """The service with one trusted proxy, and with markup in all that an operator may set."""
    trusting_of_all.clear()
    return trusting_of_all


@pytest.fixture(params=["no proxy", "proxy"])
def each(request: pytest.FixtureRequest) -> Target:
    """The service that trusts no proxy, and the one that does, both with Anna."""
    target: Target = request.getfixturevalue({"no proxy": "target", "proxy": "trusting"}[request.param])
    target.add_user(ANNA)
    return target


@pytest.fixture(scope="session")
def limited_of_all(new_database: Callable[[], str]) -> Iterator[Target]:
    require_redis()
    few = {"TRUSTED_PROXIES": "1", "FORGOT_LIMIT_PER_IP": "5/hour", "RESET_LIMIT_PER_IP": "5/hour"}
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder, Target(Path(folder), new_database(), few) as target:
        yield target


@pytest.fixture
def limited(limited_of_all: Target) -> Target:
    """The service behind one proxy, whose part the test plays, with five requests an hour for each client."""
    limited_of_all.clear()
    return limited_of_all
