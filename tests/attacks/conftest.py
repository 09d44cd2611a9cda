"""Fixtures for the running service under attack, with shared settings or with settings for a single test."""

import copy
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.attacks.nginx import Nginx, find_nginx
from tests.attacks.slow import FILES, allow_files
from tests.attacks.target import ANNA, Target
from tests.conftest import require_redis

# Deliberately awkward: characters that HTML must escape, and the token in the middle of the URL.
BEHIND_A_PROXY = {
    "TRUSTED_PROXIES": "1",
    "RESET_URL": "https://www.example.org:8443/~reset/{token}?from='mail'&to=(you)#top",
    "PRODUCT_NAME": """<img src=//evil.example/x onerror=alert(1)>"'{{7*7}}&amp;""",
    "SUPPORT_EMAIL": "'onclick='alert`1`'//@evil.example",
}
MakeTarget = Callable[..., Target]
CORS_ORIGINS = "https://www.example.com,http://[::1]:3000"
_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # The service under attack runs in separate processes, where coverage isn't measured.
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Create an empty database and return its URL: a PostgreSQL, or what ATTACKED_DATABASE names."""
    return _MAKERS[os.environ.get("ATTACKED_DATABASE", "postgresql")](request)


def _on_postgresql(request: pytest.FixtureRequest) -> Callable[[], str]:
    server = request.getfixturevalue("postgres")

    def make() -> str:
        name = f"attacks{next(_numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return str(server.get_uri(name))

    return make


def _on_mariadb(request: pytest.FixtureRequest) -> Callable[[], str]:
    server = request.getfixturevalue("mariadb")

    def make() -> str:
        name = f"attacks{next(_numbers)}"
        server.run(f"CREATE DATABASE {name}")
        return str(server.url(name))

    return make


def _on_sqlite(request: pytest.FixtureRequest) -> Callable[[], str]:
    folder = request.getfixturevalue("tmp_path_factory").mktemp("attacked")
    return lambda: f"sqlite:///{folder}/{next(_numbers)}.sqlite3"


_MAKERS = {"postgresql": _on_postgresql, "mariadb": _on_mariadb, "sqlite": _on_sqlite}


@pytest.fixture(scope="session")
def targets_of_all(new_database: Callable[[], str]) -> Iterator[MakeTarget]:
    made: dict[tuple[object, ...], Target] = {}
    with ExitStack() as ends:

        def share(*, worker: bool = True, **environ: str) -> Target:
            key = (worker, *sorted(environ.items()))
            if key not in made:
                folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="latchkey-")))
                made[key] = ends.enter_context(Target(folder, new_database(), environ, worker=worker))
            return made[key]

        yield share


@pytest.fixture
def share_target(targets_of_all: MakeTarget) -> MakeTarget:
    """Start a service once for all tests that use the same settings, because a start takes two seconds of CPU.

    Its users table and its inbox are empty. `worker=False` starts it without a worker.
    """
    require_redis()

    def share(*, worker: bool = True, **environ: str) -> Target:
        target = targets_of_all(worker=worker, **environ)
        target.clear()
        return target

    return share


@pytest.fixture
def target(share_target: MakeTarget) -> Target:
    """The service with its default settings, except for a higher limit per client."""
    return share_target()


@pytest.fixture
def make_target(new_database: Callable[[], str], tmp_path: Path) -> Iterator[MakeTarget]:
    """Start a service with other settings, without a worker (`worker=False`) or over another table (`database_url`)."""
    require_redis()
    with ExitStack() as ends:

        def make(*, worker: bool = True, database_url: str = "", **environ: str) -> Target:
            folder = tmp_path / f"target{next(_numbers)}"
            return ends.enter_context(Target(folder, database_url or new_database(), environ, worker=worker))

        yield make


@pytest.fixture(scope="session")
def proxied_of_all(new_database: Callable[[], str]) -> Iterator[tuple[Target, Nginx]]:
    require_redis()
    find_nginx()  # Skip the test before starting a service that nothing could reach.
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
    """The service behind the real proxy with deploy/nginx.conf, with two CORS origins allowed."""
    target, _ = proxied_of_all
    target.clear()
    return target


@pytest.fixture
def past_proxy(proxied: Target) -> Target:
    """The same service, addressed directly, as the proxy does."""
    direct = copy.copy(proxied)
    direct.port = int(proxied.environ["PORT"])
    return direct


@pytest.fixture(params=["API", "proxy"])
def either(request: pytest.FixtureRequest, proxied: Target, past_proxy: Target) -> Target:
    """The service, addressed directly and through the proxy."""
    return proxied if request.param == "proxy" else past_proxy


@pytest.fixture
def proxy(proxied_of_all: tuple[Target, Nginx]) -> Nginx:
    """The proxy itself."""
    return proxied_of_all[1]


@pytest.fixture
def trusting(share_target: MakeTarget) -> Target:
    """The service with one trusted proxy, and with markup in every text that an operator can set."""
    return share_target(**BEHIND_A_PROXY)


@pytest.fixture(params=["no proxy", "proxy"])
def each(request: pytest.FixtureRequest) -> Target:
    """The service without and with a trusted proxy. Anna has an account in both."""
    target: Target = request.getfixturevalue({"no proxy": "target", "proxy": "trusting"}[request.param])
    target.add_user(ANNA)
    return target


@pytest.fixture
def limited(share_target: MakeTarget) -> Target:
    """The service behind one proxy, played by the test, with five requests an hour per client."""
    return share_target(TRUSTED_PROXIES="1", FORGOT_LIMIT_PER_IP="5/hour", RESET_LIMIT_PER_IP="5/hour")


@pytest.fixture
def behind_two_proxies(share_target: MakeTarget) -> Target:
    """The service behind two proxies, with five requests an hour per client, and without a worker."""
    return share_target(worker=False, TRUSTED_PROXIES="2", FORGOT_LIMIT_PER_IP="5/hour")
