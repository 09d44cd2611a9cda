"""`make screenshots` (`python -m tests.browser.screenshots`): pictures of every page, state and email."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page

from shared.languages import LANGUAGES
from tests.browser.support.chromium import chromium, find_chromium
from tests.browser.support.first_visit import first_visit
from tests.browser.support.pictures import Camera, Show, write_index
from tests.browser.support.states import STATES, Reach
from tests.browser.support.steps import PASSWORD, mailed_token
from tests.e2e.demo import WELCOMED, Demo

PROJECT = Path(__file__).parents[2]
LOOKED_AT = ("en", "ar", "ja")
FOR_README = {
    "forgot": "en/forgot-desktop-light.png",
    "choose": "en/choose-typing-phone-dark.png",
    "mail": "en/mail-reset-phone-light.png",
}


def main() -> int:
    """Take the pictures and return the exit code."""
    options = _options()
    path = find_chromium()
    if path is None:
        print("No Chromium on the PATH: apt install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="latchkey-") as scratch, chromium(path) as browser, _demo(scratch) as demo:
        camera = Camera(browser, options.folder)
        _take_all(camera, demo, LANGUAGES if "all" in options.languages else options.languages, Path(scratch) / "mails")
        _tell_figures(browser, demo)
    if options.readme:
        _copy(options.folder, options.readme)
    print(f"{len(camera.taken)} pictures: {write_index(options.folder, camera.taken)}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    folder = PROJECT / ".latchkey" / "screenshots"
    parser.add_argument("folder", nargs="?", type=Path, default=folder, help="output folder (default: %(default)s)")
    languages = [*LANGUAGES, "all"]
    parser.add_argument("--languages", nargs="+", choices=languages, default=LOOKED_AT, help="language codes, or `all`")
    parser.add_argument(
        "--readme", type=Path, help="copy the pictures that README shows to this folder, such as docs/pictures"
    )
    return parser.parse_args()


@contextmanager
def _demo(folder: str) -> Iterator[Demo]:
    demo = Demo(Path(folder))
    try:
        demo.wait_for(WELCOMED)
        yield demo
    finally:
        demo.stop()


def _take_all(camera: Camera, demo: Demo, locales: Iterable[str], folder: Path) -> None:
    preview = [sys.executable, "-m", "worker", "preview", str(folder), "--no-open"]
    subprocess.run(preview, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    for locale in locales:
        print(locale, flush=True)
        camera.take(locale, _states(demo, locale) | _mails(folder, locale))
    camera.take("en", _pages_of_the_demo(demo))


def _states(demo: Demo, locale: str) -> dict[str, Show]:
    def show(page: Page, reach: Reach) -> None:
        reach(demo, page, locale)

    return {name: partial(show, reach=reach) for name, reach in STATES.items()}


def _mails(folder: Path, locale: str) -> dict[str, Show]:
    def show(page: Page, file: Path) -> None:
        page.goto(file.as_uri())

    return {f"mail-{file.stem}": partial(show, file=file) for file in sorted((folder / locale).glob("*.html"))}


def _pages_of_the_demo(demo: Demo) -> dict[str, Show]:
    def show(page: Page, url: str) -> None:
        page.goto(url, wait_until="load")
        page.wait_for_timeout(500)

    reset = _mails_in_the_inbox(demo)
    paths = {"front": "/", "inbox": "/inbox", "mail": f"/inbox/{reset}", "sign-in": "/sign-in"}
    pages = {name: demo.url(path, "INBOX_PORT") for name, path in paths.items()} | {"docs": demo.url("/docs")}
    return {f"demo-{name}": partial(show, url=url) for name, url in pages.items()}


def _mails_in_the_inbox(demo: Demo) -> str:
    """Go through the story once, and return the ID of the email with the link."""
    # Not the address that the pictures of the pages use, which may be over its quota by now.
    body = {"token": mailed_token(demo, "ada@example.com"), "password": PASSWORD}
    assert demo.post("/reset-password", body)[0] == 200
    demo.wait_for_message("ada@example.com", "was changed")
    return demo.wait_for_message("ada@example.com", "Reset")["id"]


def _tell_figures(browser: Browser, demo: Demo) -> None:
    for path in ("/forgot-password", "/reset-password"):
        print(f"A first visit to {path}: {first_visit(browser, demo.url(path))}")


def _copy(folder: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, file in FOR_README.items():
        (target / f"{name}.png").write_bytes((folder / file).read_bytes())


if __name__ == "__main__":
    sys.exit(main())
