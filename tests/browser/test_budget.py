"""What a first visit costs over the wire."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.demo import Demo

BUDGETS = {"/forgot-password": 30_000, "/reset-password": 32_000}
"""Bytes, with headers."""


@pytest.mark.parametrize("path", BUDGETS)
def test_a_first_visit_stays_within_its_budget(demo: Demo, page: Page, path: str) -> None:
    sizes: list[float] = []
    asked: list[str] = []

    def finished(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    session = page.context.new_cdp_session(page)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    page.on("request", lambda request: asked.append(request.url))

    page.goto(demo.url(path), wait_until="networkidle")

    assert {url.partition(demo.url("/"))[0] for url in asked} == {""}
    assert len(sizes) >= len(asked) - 1, "the icon may be missing"
    assert 1000 < sum(sizes) < BUDGETS[path]
