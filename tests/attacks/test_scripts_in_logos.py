"""A logo with scripts in it, opened directly and shown on a page, in a real browser."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from api.app import create_app
from api.settings.settings import ApiSettings
from tests.conftest import missing
from tests.unit.settings.test_settings import SHARED

# Each of these requests its own URL if it works. The drawn path, which is allowed, proves that the logo was rendered.
ARMED = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 8 2"
  onload="fetch('/ran-by-handler')">
<script>fetch('/ran-inline')</script>
<script href="/static/latchkey.css?ran-ours"/>
<script xlink:href="data:text/javascript,fetch('/ran-data')"/>
<image href="/fetched-picture" width="1" height="1"/>
<use href="/fetched-use#a"/>
<style>@import "/fetched-styles"; path { fill: rgb(1, 2, 3) }</style>
<foreignObject width="8" height="2">
<iframe xmlns="http://www.w3.org/1999/xhtml" src="/fetched-frame"></iframe>
<form xmlns="http://www.w3.org/1999/xhtml" action="/sent"><button id="b">x</button></form>
</foreignObject>
<path d="M0 0h8v2H0z"/></svg>"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "logo.svg").write_text(ARMED)
    app = create_app(ApiSettings.load(SHARED | {"LOGO": str(tmp_path / "logo.svg")}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("path", "drawn"), [("/logo", "document.querySelector('path')"), ("/forgot-password", "true")])
def test_a_script_in_a_logo_does_not_run_and_asks_for_nothing(site: str, path: str, drawn: str) -> None:
    """Stored cross-site scripting by SVG, CWE-79, and content that loads other resources, CWE-829."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        missing("No Chromium on the PATH")
    from playwright.sync_api import sync_playwright

    # Chromium's sandbox refuses to run as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    asked: list[str] = []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=arguments) as running,
    ):
        page = running.new_page()
        # A blocked request is still reported, and then fails, so only responses count.
        page.on("response", lambda answer: asked.append(answer.url.removeprefix(site).partition("?")[0]))
        page.goto(site + path)
        page.wait_for_timeout(300)  # Time for a script to make its requests.
        assert page.evaluate(drawn)

    assert "/logo" in asked
    assert [address for address in asked if address.startswith(("/ran", "/fetched", "/sent"))] == []
