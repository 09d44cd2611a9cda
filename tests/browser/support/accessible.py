"""axe: accessibility rules that a program can check (WCAG 2.2 AA and best practices)."""

import json
from collections.abc import Iterable
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_OPTIONS: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},  # New in WCAG 2.2, and off by default.
    "resultTypes": ["violations"],
    "iframes": False,  # An email's frame runs no scripts; emails are checked on their own.
}
# Rules for whole pages: the landmarks around an email are those of its client.
_OF_PAGES = ("landmark-one-main", "region")


def violations(page: Page, *, without: Iterable[str] = ()) -> list[str]:
    """List the rules that a page violates in its present state, with the elements.

    The page must allow scripts: without them axe waits forever.
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
