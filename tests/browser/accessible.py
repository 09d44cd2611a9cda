"""axe: the rules for accessible pages that a program can check (WCAG 2.2 AA, and good practice)."""

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

_OPTIONS: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},  # New in WCAG 2.2, and off by default.
    "resultTypes": ["violations"],
    "iframes": False,  # A mail's frame runs no scripts. It is looked at by itself.
}
_RUN = f"axe.run(document, {json.dumps(_OPTIONS)}).then((found) => found.violations)"


def violations(page: Page | Frame) -> list[str]:
    """List what axe finds on a page as it stands now: the rule, and the elements.

    Scripts must be allowed on the page: without them axe waits for ever.
    """
    page.evaluate(AXE_SCRIPT)
    return [f"{found['id']}: {', '.join(node['html'] for node in found['nodes'])}" for found in page.evaluate(_RUN)]


def assert_accessible(page: Page | Frame) -> None:
    assert violations(page) == []
