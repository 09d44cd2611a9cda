"""The pages with a logo that does not load."""

import pytest
from playwright.sync_api import Browser, Route

from api.app import create_app
from api.settings.settings import ApiSettings
from tests.browser.support.chromium import DEVICES
from tests.unit.settings.test_settings import WORKER

LOGO = "https://pictures.example.com/logo.svg"


def picture(browser: Browser, device: str, scheme: str, logo: str) -> tuple[bytes, list[str]]:
    """Take a picture of the forgot page's header without a server, and list the URLs that failed to load."""
    client = create_app(ApiSettings.load(WORKER | {"LOGO": logo})).test_client()
    missed = []

    def answer(route: Route) -> None:
        if route.request.url.startswith("http://latchkey.test/"):
            with client.get(route.request.url) as answered:
                route.fulfill(body=answered.data, content_type=answered.content_type)
        else:
            missed.append(route.request.url)
            route.abort()

    options = {**DEVICES[device], "color_scheme": scheme}
    with browser.new_context(**options) as context:
        page = context.new_page()
        page.route("**/*", answer)
        page.goto("http://latchkey.test/forgot-password", wait_until="networkidle")
        return page.locator("header").screenshot(), missed


@pytest.mark.parametrize(("device", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_a_logo_that_does_not_load_is_replaced_by_the_name(browser: Browser, device: str, scheme: str) -> None:
    without, _ = picture(browser, device, scheme, "")

    assert picture(browser, device, scheme, LOGO) == (without, [LOGO])
