"""axe: the rules for accessible pages that a program can check (WCAG 2.2 AA, and good practice)."""

import json
from collections.abc import Iterable
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_OPTIONS: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},  # New in WCAG 2.2, and off by default.
    "resultTypes": ["violations"],
    "iframes": False,  # A mail's frame runs no scripts. It is looked at by itself.
}
# A mail is no page: its client has the landmarks.
_OF_PAGES = ("landmark-one-main", "region")


def violations(page: Page, *, without: Iterable[str] = ()) -> list[str]:
    """List what axe finds on a page as it stands now: the rule, and the elements.

    Scripts must be allowed on the page: without them axe waits for ever.
    """
    page.evaluate(AXE_SCRIPT)
    rules = _OPTIONS["rules"] | {rule: {"enabled": False} for rule in without}
    options = json.dumps(_OPTIONS | {"rules": rules})
    found = page.evaluate(f"axe.run(document, {options}).then((results) => results.violations)")
    return [f"{rule['id']}: {', '.join(node['html'] for node in rule['nodes'])}" for rule in found]


def assert_accessible(page: Page) -> None:
    found = violations(page)
    assert not found, "\n".join(found)


def assert_accessible_mail(page: Page) -> None:
    found = violations(page, without=_OF_PAGES)
    assert not found, "\n".join(found)
