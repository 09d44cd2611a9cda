"""The bytes that a first visit sends over the wire."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.demo import Demo

BUDGET = 20_000  # Bytes, including headers.
PATHS = ["/forgot-password", "/reset-password"]


@pytest.mark.parametrize("locale", ["en", "hi"])
@pytest.mark.parametrize("path", PATHS)
def test_a_first_visit_stays_within_its_budget(demo: Demo, page: Page, path: str, locale: str) -> None:
    sizes: list[float] = []
    asked: list[str] = []

    def finished(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    session = page.context.new_cdp_session(page)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    page.on("request", lambda request: asked.append(request.url))

    page.goto(demo.url(f"{path}?locale={locale}"), wait_until="networkidle")

    assert {url.partition(demo.url("/"))[0] for url in asked} == {""}
    assert len(sizes) >= len(asked) - 1, "the icon may be missing"
    assert 1000 < sum(sizes) < BUDGET
