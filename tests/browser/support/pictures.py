"""Takes pictures of pages on each device, light and dark, in one language."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from shared.languages import tag
from tests.browser.support.chromium import DEVICES

SCHEMES = ("light", "dark")
Show = Callable[[Page], None]
"""Bring a page to what the picture is to show."""


@dataclass(frozen=True)
class Picture:
    """One picture and its place in the folder."""

    subject: str
    locale: str
    device: str
    scheme: str

    @property
    def file(self) -> str:
        """The path relative to the folder."""
        return f"{self.locale}/{self.subject}-{self.device}-{self.scheme}.png"


class Camera:
    """Takes the pictures into a folder."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self.taken: list[Picture] = []

    def take(self, locale: str, subjects: dict[str, Show]) -> None:
        """Take four pictures of each subject: on a phone and a desktop, light and dark."""
        for device, scheme in ((device, scheme) for device in DEVICES for scheme in SCHEMES):
            with self._page(locale, device, scheme) as page:
                for subject, show in subjects.items():
                    self._take_one(page, Picture(subject, locale, device, scheme), show)

    @contextmanager
    def _page(self, locale: str, device: str, scheme: str) -> Iterator[Page]:
        options = {**DEVICES[device], "color_scheme": scheme, "reduced_motion": "reduce"}
        if device == "phone":
            options["device_scale_factor"] = 2
        context = self._browser.new_context(locale=tag(locale), **options)
        yield context.new_page()
        context.close()

    def _take_one(self, page: Page, picture: Picture, show: Show) -> None:
        page.unroute_all()
        show(page)
        path = self._folder / picture.file
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=True)
        self.taken.append(picture)


def write_index(folder: Path, pictures: list[Picture]) -> Path:
    """Write a page with all pictures, one row for each subject and language."""
    rows = dict.fromkeys((picture.subject, picture.locale) for picture in pictures)
    lines = [_row(subject, locale, pictures) for subject, locale in rows]
    page = (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Latchkey: pictures</title>"
        "<style>body{font:1rem system-ui;background:#888}section{display:flex;gap:1rem;align-items:start}"
        "img{max-height:30rem;max-width:24vw;background:#fff}</style>\n" + "\n".join(lines)
    )
    index = folder / "index.html"
    index.write_text(page + "\n")
    return index


def _row(subject: str, locale: str, pictures: list[Picture]) -> str:
    files = [picture.file for picture in pictures if (picture.subject, picture.locale) == (subject, locale)]
    images = "".join(f"<a href='{file}'><img loading='lazy' src='{file}' alt='{file}'></a>" for file in files)
    return f"<h2>{subject}, {locale}</h2><section>{images}</section>"
