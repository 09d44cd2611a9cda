"""Fixtures for frontends: the API, a separate origin, a browser, and Node."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from tests.conftest import MakeService, missing
from tests.frontends.node import Node, require_node
from tests.frontends.origin import origin, running
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Api:
    """The API behind a web server, and a worker that runs when the test says so."""

    def __init__(self, service: Service, url: str) -> None:
        self.service = service
        self.url = url


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(make_service: MakeService) -> Iterator[MakeApi]:
    """Serve APIs with settings for a single test, in threads: a separate process takes seconds to start."""
    with ExitStack() as ends:

        def make(**environ: str) -> Api:
            service = make_service(**environ)
            server = make_server("127.0.0.1", 0, service.app, threaded=True)
            ends.enter_context(running(server))
            return Api(service, f"http://127.0.0.1:{server.server_port}")

        yield make


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the origin that serves it."""
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


# Not session-scoped: while Playwright runs, no other test can run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator["Browser"]:
    from tests.browser.support.chromium import chromium, find_chromium

    path = find_chromium()
    if path is None:
        missing("No Chromium on the PATH")
    with chromium(str(path)) as running:
        yield running
