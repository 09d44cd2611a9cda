"""Debian's Chromium, and the devices and preferences with which pages are opened."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

_QUIET = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

DEVICES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}
SMALLEST: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
"""The narrowest screen that a page has to fit (WCAG 2.2, 1.4.10)."""
PHONES = (320, 340, 360, 375, 390, 412, 430, 480)
"""Widths of phones, at which lines end in different words."""


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, if any."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Run a headless browser."""
    # Chromium's sandbox refuses to run as root.
    arguments = [*_QUIET, "--no-sandbox"] if os.geteuid() == 0 else _QUIET
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()
