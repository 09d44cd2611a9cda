"""The addresses of scripts, styles and pictures: each release and each setting has its own."""

import gzip
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import brotli
import pytest

from api.pages.static_files import FOLDER
from tests.conftest import MakeService
from tests.support.service import Service


def addresses(service: Service) -> list[str]:
    page = service.client.get("/reset-password").text
    return re.findall(r'(?:src|href)="([^"]*[0-9a-f]{16}[^"]*)"', page)


def test_a_change_of_a_setting_changes_the_address_of_what_it_shows(make_service: MakeService) -> None:
    one, other = (addresses(make_service(BRAND_COLOR=color)) for color in ("#1f5fbf", "#6a1b9a"))

    assert [address for address in one if address not in other] == [one[2]]
    assert one[2].startswith("brand.css?v=")


def test_a_file_comes_whatever_version_is_asked_for(service: Service) -> None:
    """Pages that were loaded before a release, and templates that name files themselves."""
    current = next(address for address in addresses(service) if address.endswith("reset.js"))
    paths = [f"/{current}", "/static/reset.js", "/static/0123456789abcdef/reset.js"]

    answers = [service.client.get(path, buffered=True) for path in paths]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.data for answer in answers}) == 1
    assert [answer.headers["Cache-Control"] for answer in answers] == [
        "public, max-age=31536000, immutable",
        "no-store",
        "no-store",
    ]


def test_the_scripts_import_each_other_by_the_same_version(service: Service) -> None:
    script = service.client.get("/static/reset.js", buffered=True).text

    assert set(re.findall(r'from "(.*/)', script)) == {"./"}


def test_a_version_leads_to_nothing_else(service: Service) -> None:
    for path in ("/static/x/../pages.py", "/static/x/..%2fpages.py", "/static/x/pages.py", "/static/pages.py"):
        assert service.client.get(path).status_code == 404


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Note the files that this process opens. A hook stays for ever, so it is told when to stop."""
    opened: list[str] = []
    noting = True
    sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if noting and event == "open" else None)
    yield opened
    noting = False


def test_a_file_is_not_read_from_disk_for_a_request(service: Service) -> None:
    paths = [address for address in addresses(service) if "static/" in address]
    assert paths
    with opened_files() as opened:
        answers = [service.client.get(f"/{path}", buffered=True) for path in paths]

    assert [answer.status_code for answer in answers] == [200] * len(paths)
    assert opened == []


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("", None)],
)
def test_a_file_is_compressed_once_and_as_well_as_possible(
    service: Service, accepted: str, encoding: str | None
) -> None:
    answer = service.client.get("/static/latchkey.css", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    content = (FOLDER / "latchkey.css").read_bytes()
    assert answer.data == {"br": brotli.compress, "gzip": partial(gzip.compress, mtime=0)}.get(str(encoding), bytes)(
        content
    )
