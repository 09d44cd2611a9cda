"""The effect of the branding settings on the pages."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.settings.settings import ApiSettings
from shared.settings.colors import MIN_CONTRAST, contrast
from tests.unit.settings.test_settings import SHARED, only_problem

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 2"><path d="M0 0h8v2H0z"/></svg>'
PICTURES = {
    "image/svg+xml": f'<?xml version="1.0" encoding="utf-8"?>\n<!-- ours -->\n{SVG}'.encode(),
    "image/png": b"\x89PNG\r\n\x1a\n and more",
    "image/jpeg": b"\xff\xd8\xff\xe0 and more",
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPVP8 and more",
}
NO_PICTURES = [
    b"",
    b"GIF89a",
    b"a line of text",
    b"RIFF\x10\x00\x00\x00WAVEfmt ",
    b"<!doctype html><html><body><img></body></html>",
    b'<html xmlns="http://www.w3.org/1999/xhtml"></html>',
    b'<svg viewBox="0 0 8 2"></svg>',
    b'<svg xmlns="http://www.w3.org/2000/svg"><path></svg>',
    b'<?xml version="1.0" encoding="made-up"?><svg xmlns="http://www.w3.org/2000/svg"/>',
]
# Billion laughs: one entity that expands to two billion characters.
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE svg [<!ENTITY l0 "ha">{LAUGHS}]><svg xmlns="http://www.w3.org/2000/svg">&l9;</svg>'.encode()
PAGES = ["/forgot-password", "/reset-password"]


def client(**changes: str) -> FlaskClient:
    return create_app(ApiSettings.load(SHARED | changes)).test_client()


def logo(folder: Path, content: bytes) -> str:
    (folder / "logo").write_bytes(content)
    return str(folder / "logo")


def img_src(pages: FlaskClient, path: str) -> str:
    found = re.search(r"img-src ([^;]+)", pages.get(path).headers["Content-Security-Policy"])
    assert found
    return found[1]


@pytest.mark.parametrize("path", PAGES)
def test_pages_take_the_colours_from_a_stylesheet_of_the_settings_after_ours(path: str) -> None:
    links = re.findall(r'<link rel="stylesheet" href="([^"]+)"', client().get(path).text)

    assert [re.sub("[0-9a-f]{16}", "VERSION", each) for each in links] == [
        "static/VERSION/latchkey.css",
        "brand.css?v=VERSION",
    ]


def test_the_stylesheet_has_the_brands_colour_and_its_tone_for_dark_screens() -> None:
    answer = client(BRAND_COLOR="#6A1B9A").get("/brand.css")

    light, dark = re.findall(r"--accent: (#\w{6}); --on-accent: (#\w{6});", answer.text)
    assert answer.content_type == "text/css; charset=utf-8"
    assert light == ("#6A1B9A", "#ffffff")
    assert answer.text.index("prefers-color-scheme: dark") < answer.text.index(dark[0])
    assert dark[0] != light[0]
    assert contrast(*dark) >= MIN_CONTRAST


@pytest.mark.parametrize("path", PAGES)
def test_without_a_logo_the_pages_show_the_name(path: str) -> None:
    pages = client(PRODUCT_NAME="Acme")

    assert "<img" not in pages.get(path).text
    assert "Acme" in pages.get(path).text.split("<body", 1)[1]
    assert pages.get("/logo").status_code == 404


@pytest.mark.parametrize("kind", PICTURES)
def test_a_file_is_shown_in_the_names_place_as_what_its_content_is(kind: str, tmp_path: Path) -> None:
    pages = client(LOGO=logo(tmp_path, PICTURES[kind]), PRODUCT_NAME="Tom & Jerry")

    answer = pages.get("/logo")
    assert re.search(r'<img src="logo\?v=[0-9a-f]{16}" alt="Tom &amp; Jerry">', pages.get("/forgot-password").text)
    assert (answer.data, answer.mimetype) == (PICTURES[kind], kind)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert img_src(pages, "/forgot-password") == "'self'"


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://cdn.example.com/a/logo.svg?v=2", "https://cdn.example.com"),
        ("https://cdn.example.com:8443/logo.svg", "https://cdn.example.com:8443"),
        ("https://cdn.example.com:/;script-src,/logo.svg", "https://cdn.example.com"),
        ("http://localhost:9000/logo.png", "http://localhost:9000"),
    ],
)
def test_an_address_is_shown_and_its_origin_allowed_on_the_pages_alone(address: str, origin: str) -> None:
    pages = client(LOGO=address)

    assert f'src="{address}"' in pages.get("/reset-password").text
    assert [img_src(pages, path) for path in PAGES] == [f"'self' {origin}"] * 2
    assert [img_src(pages, path) for path in ("/nothing", "/brand.css")] == ["'self'"] * 2


def test_a_logo_changes_nothing_else_of_the_pages_policy() -> None:
    without, with_one = (
        settings.get("/forgot-password").headers["Content-Security-Policy"]
        for settings in (client(), client(LOGO="https://cdn.example.com/logo.svg"))
    )

    assert with_one.replace(" https://cdn.example.com", "") == without


def test_a_logo_that_is_opened_by_itself_may_run_nothing(tmp_path: Path) -> None:
    policy = client(LOGO=logo(tmp_path, SVG.encode())).get("/logo").headers["Content-Security-Policy"]

    assert policy.split("; ")[0] == "default-src 'none'"
    assert "sandbox" in policy.split("; ")
    assert "script" not in policy


@pytest.mark.parametrize("content", [*NO_PICTURES, BOMB])
def test_a_file_that_is_not_an_image_is_refused(content: bytes, tmp_path: Path) -> None:
    problem = only_problem(ApiSettings, LOGO=logo(tmp_path, content))

    assert problem.startswith("LOGO is not an SVG, PNG, JPEG or WebP picture")
    assert problem.endswith("(SVG, PNG, JPEG or WebP, 100 kB at most).")


def test_an_svg_that_cannot_be_read_is_refused_with_the_place(tmp_path: Path) -> None:
    assert "(mismatched tag: line 1, column 48)" in only_problem(ApiSettings, LOGO=logo(tmp_path, NO_PICTURES[7]))


def test_a_file_may_have_a_hundred_kilobytes_and_no_more(tmp_path: Path) -> None:
    most = PICTURES["image/png"].ljust(100 * 1024, b"x")

    assert client(LOGO=logo(tmp_path, most)).get("/logo").data == most
    assert "LOGO is larger than 100 kB." in only_problem(ApiSettings, LOGO=logo(tmp_path, most + b"x"))


@pytest.mark.parametrize("path", [".", "/dev/zero", "/nowhere", "a\x00b"])
def test_a_path_that_is_not_a_file_is_refused(path: str) -> None:
    assert "is neither an https address nor a file" in only_problem(ApiSettings, LOGO=path)


def test_the_address_for_signing_in_is_linked_where_it_is_set() -> None:
    address = "https://www.example.com/login?next=%2F#top"

    assert f'href="{address}"' in client(SIGN_IN_URL=address).get("/reset-password").text
    assert "example.com/login" not in client().get("/reset-password").text
