"""The pages of docs/integrate.md in Chromium, on a separate origin: plain and with React."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import bcrypt
import pytest

from tests.browser.support.old_browser import make_old
from tests.frontends.conftest import Api, MakeApi
from tests.frontends.guide import example
from tests.frontends.node import Node
from tests.support.mails import text_of
from tests.support.servers import RedisServer, free_port
from tests.support.service import NEW_PASSWORD, token_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ANNA = "anna@example.com"
DEAD = "WyIxIiwieCJd.aaaaaa.0123456789012345678901234567890"
MAIN = """
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ForgotForm } from "./ForgotForm.jsx";
import { ResetForm } from "./ResetForm.jsx";

const Form = location.pathname === "/forgot.html" ? ForgotForm : ResetForm;
createRoot(document.querySelector("main")).render(<StrictMode><Form /></StrictMode>);
"""
SHELL = """<!doctype html>
<html lang="en"><title>A frontend</title><main></main><script src="bundle.mjs" type="module"></script></html>
"""


class Frontend:
    """The guide's pages, plain or with React, on a separate origin."""

    def __init__(self, folder: Path, address: str, node: Node | None) -> None:
        self.address = address
        self._folder = folder
        self._node = node

    def lead_to(self, api: str) -> None:
        """Write the pages, with this address for the API."""
        if self._node is None:
            for name in ("latchkey.js", "forgot.html", "reset.html"):
                (self._folder / name).write_text(example(name, api), encoding="utf-8")
            return
        for name in ("latchkey.js", "ForgotForm.jsx", "ResetForm.jsx"):
            self._node.write(name, example(name, api))
        self._node.write("main.jsx", MAIN)
        bundled = self._node.bundle("main.jsx", "--jsx=automatic")
        (self._folder / bundled.name).write_bytes(bundled.read_bytes())
        for name in ("forgot.html", "reset.html"):
            (self._folder / name).write_text(SHELL, encoding="utf-8")

    def settings(self) -> dict[str, str]:
        return {"CORS_ORIGINS": self.address, "RESET_URL": f"{self.address}/reset.html"}


@pytest.fixture(params=["plain", "react"])
def frontend(request: pytest.FixtureRequest, site: tuple[Path, str]) -> Frontend:
    node = request.getfixturevalue("node") if request.param == "react" else None
    return Frontend(*site, node)


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page in a browser of 2020. If a script raises an error, the test fails."""
    context = browser.new_context()
    make_old(context)
    context.set_default_timeout(10_000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert complaints == []


def ask(page: "Page", frontend: Frontend, address: str = ANNA) -> None:
    page.goto(f"{frontend.address}/forgot.html")
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button").click()


def choose(page: "Page", password: str) -> None:
    page.get_by_label("New password").fill(password)
    page.get_by_role("button").click()


def link(api: Api) -> str:
    """Return the link of the newest email, exactly as written there."""
    api.service.work()
    text = text_of(api.service.relay.mails[-1][1])
    return next(word for word in text.split() if token_in(text) in word)


def test_from_the_forgotten_password_to_the_new_one(make_api: MakeApi, frontend: Frontend, page: "Page") -> None:
    api = make_api(**frontend.settings())
    frontend.lead_to(api.url)
    api.service.add_user(ANNA)

    ask(page, frontend)
    page.get_by_text("If there is an account for this address, you'll get an email with a link in a moment.").wait_for()
    page.goto(link(api))
    choose(page, "short")
    page.get_by_text("This password can't be used. Your link is still valid. It's too short.").wait_for()
    rules = page.get_by_label("New password").get_attribute("passwordrules")
    choose(page, NEW_PASSWORD)
    page.get_by_text("Your password has been changed.").wait_for()

    assert bcrypt.checkpw(NEW_PASSWORD.encode(), api.service.stored_hash(ANNA).encode())
    assert rules == "minlength: 15; maxlength: 72;"
    assert page.url == f"{frontend.address}/reset.html"
    page.go_back()
    assert "token" not in page.url


def test_a_dead_link_leads_to_a_new_one(make_api: MakeApi, frontend: Frontend, page: "Page") -> None:
    frontend.lead_to(make_api(**frontend.settings()).url)

    page.goto(f"{frontend.address}/reset.html#token={DEAD}")
    page.get_by_text("This link is no longer valid. Request a new one.").wait_for()

    assert page.get_by_role("link", name="Request a new link").is_visible()
    assert not page.get_by_label("New password").is_visible()


def test_a_refused_address_and_a_limit_are_shown_and_the_button_is_disabled(
    make_api: MakeApi, frontend: Frontend, page: "Page"
) -> None:
    api = make_api(FORGOT_LIMIT_PER_IP="1/hour", **frontend.settings())
    frontend.lead_to(api.url)
    api.service.forgot(ANNA)

    ask(page, frontend, f"{'a' * 65}@example.com")
    page.get_by_text("Enter one complete email address, such as anna@example.com.").wait_for()
    page.wait_for_function("!document.querySelector('button').disabled")
    page.get_by_label("Email address").fill(ANNA)
    page.get_by_role("button").click()
    page.get_by_text("Too many attempts. Please wait a moment.").wait_for()

    assert page.get_by_role("button").is_disabled()


def test_an_unavailable_service_is_reported(
    make_api: MakeApi, frontend: Frontend, page: "Page", own_redis: RedisServer
) -> None:
    api = make_api(REDIS_URL=own_redis.url, **frontend.settings())
    frontend.lead_to(api.url)
    own_redis.stop()
    try:
        ask(page, frontend)
        page.get_by_text("We can't do this right now. Please try again in a moment.").wait_for()
        assert page.get_by_role("button").is_disabled()
    finally:
        own_redis.start()


def test_a_forbidden_origin_looks_like_an_unreachable_server(
    make_api: MakeApi, frontend: Frontend, page: "Page"
) -> None:
    api = make_api(CORS_ORIGINS="https://www.example.com")

    for address in (api.url, f"http://127.0.0.1:{free_port()}"):
        frontend.lead_to(address)
        ask(page, frontend)
        page.get_by_text("We can't reach the server. Check your connection and try again.").wait_for()


def test_the_page_asks_in_its_own_language(
    make_api: MakeApi, frontend: Frontend, page: "Page", site: tuple[Path, str]
) -> None:
    api = make_api(**frontend.settings())
    frontend.lead_to(api.url)
    german = site[0] / "forgot.html"
    german.write_text(german.read_text(encoding="utf-8").replace('lang="en"', 'lang="de"'), encoding="utf-8")

    with page.expect_response("**/forgot-password") as answer:
        ask(page, frontend)

    assert answer.value.headers["content-language"] == "de"
