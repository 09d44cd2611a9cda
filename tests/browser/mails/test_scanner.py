"""Mail scanners open every link of an email before its reader does; this must have no effect."""

import bcrypt
from playwright.sync_api import Page

from tests.browser.support.steps import PASSWORD, choose, heading, mailed_token
from tests.e2e.demo import Demo, fetch

VISITS = 10
PAGES = ["/", "/forgot-password", "/reset-password", "/docs", "/password-policy", "/openapi.json"]
OF_THE_DEMO = ["/", "/inbox", "/sign-in", "/api/messages"]


def test_a_scanners_visits_change_nothing_and_the_link_still_works(demo: Demo, page: Page) -> None:
    address = demo.add_user("scanned@example.com")
    token = mailed_token(demo, address)
    links = [demo.url(f"/reset-password{mark}token={token}") for mark in "#?"]
    visited = [demo.url(path) for path in PAGES] + [demo.url(path, "INBOX_PORT") for path in OF_THE_DEMO] + links
    stored = demo.stored_hash(address)

    statuses = {fetch(url, method=method)[0] for url in visited for method in ["GET"] * VISITS + ["HEAD"]}

    assert statuses == {200}
    assert demo.stored_hash(address) == stored
    assert [mail["subject"] for mail in demo.messages() if mail["to"] == address] == [
        "Reset your Latchkey demo password"
    ]
    page.goto(links[0])
    choose(page, PASSWORD)
    heading(page, "Your password has been changed").wait_for()
    assert bcrypt.checkpw(PASSWORD.encode(), demo.stored_hash(address).encode())


def test_a_scanner_with_a_real_browser_changes_nothing_either(demo: Demo, page: Page) -> None:
    address = demo.add_user("browsed@example.com")
    link = demo.url(f"/reset-password#token={mailed_token(demo, address)}")
    stored = demo.stored_hash(address)

    for _ in range(5):
        page.goto("about:blank")
        page.goto(link)
        page.get_by_label("New password").wait_for()

    assert demo.stored_hash(address) == stored
    choose(page, PASSWORD)
    heading(page, "Your password has been changed").wait_for()
