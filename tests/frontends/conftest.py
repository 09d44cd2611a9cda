"""What a frontend needs: the API as a process, an origin of its own, a browser, and Node."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import MakeService, missing
from tests.e2e.demo import fetch
from tests.frontends.node import Node, require_node
from tests.frontends.origin import origin
from tests.servers import free_port, wait_until
from tests.service import Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Api:
    """`python -m api`, and the worker, which does its work when the test says so."""

    def __init__(self, service: Service) -> None:
        port = free_port()
        self.service = service
        self.url = f"http://127.0.0.1:{port}"
        environ = {**os.environ, **service.environ, "PORT": str(port)}
        self._process = subprocess.Popen([sys.executable, "-m", "api"], env=environ, stderr=subprocess.DEVNULL)

    def answers(self) -> bool:
        try:
            return fetch(f"{self.url}/healthz")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(make_service: MakeService) -> Iterator[MakeApi]:
    """Start APIs with settings of the test's own."""
    with ExitStack() as ends:

        def make(**environ: str) -> Api:
            api = Api(make_service(BCRYPT_ROUNDS="10", **environ))
            ends.callback(api.stop)
            wait_until(api.answers, "the API does not come up", 30)
            return api

        yield make


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the origin that it is served under."""
    folder = tmp_path / "site"
    folder.mkdir()
    with origin(folder) as address:
        yield folder, address


@pytest.fixture
def node(tmp_path: Path) -> Node:
    require_node()
    folder = tmp_path / "node"
    folder.mkdir()
    return Node(folder)


# Not for the whole session: while Playwright runs, no other test may run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator["Browser"]:
    from tests.browser.chromium import chromium, find_chromium

    path = find_chromium()
    if path is None:
        missing("No Chromium on the PATH")
    with chromium(str(path)) as running:
        yield running
