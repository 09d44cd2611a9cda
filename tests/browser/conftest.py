"""Fixtures for a real browser on a demo that was started like `make run`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.support.chromium import DEVICES, chromium, find_chromium
from tests.browser.support.complaints import Complaints
from tests.browser.support.limits import forget_limits
from tests.conftest import missing, require_redis
from tests.e2e.demo import QUICK, WELCOMED, Demo

OpenPage = Callable[..., Page]
TIMEOUT = 10_000
"""Milliseconds until an element that does not come fails a test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")
            item.add_marker("no_cover")  # The tested code runs in other processes, where coverage is not measured.


# Not session-scoped: while Playwright runs, no other test can run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        missing("No Chromium on the PATH")
    with chromium(str(path)) as running:
        yield running


# Depends on the browser, because without one no demo is needed.
@pytest.fixture(scope="package")
def running_demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    require_redis()
    running = Demo(tmp_path_factory.mktemp("demo"), QUICK)
    running.wait_for(WELCOMED)
    yield running
    running.stop()


@pytest.fixture
def demo(running_demo: Demo) -> Demo:
    """The demo, with its rate limits reset, because all tests count as one client."""
    forget_limits(running_demo)
    return running_demo


@pytest.fixture
def complaints() -> Complaints:
    """Records what the browser complains about, and fails the test if it was not forgiven."""
    return Complaints()


@pytest.fixture
def open_page(browser: Browser, complaints: Complaints) -> Iterator[OpenPage]:
    """Open empty pages, each in its own browser context, on a device and with Playwright's options."""
    contexts = []

    def open_one(device: str = "phone", **options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-US", **DEVICES[device], **options})
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        complaints.listen(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert complaints.all() == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """An empty page on a phone."""
    return open_page()
