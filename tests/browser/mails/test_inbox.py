"""The inbox in a real browser: it updates by itself, and is safe from hostile emails."""

import json
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.demo import Demo, fetch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = """<p>hello</p><script>parent.document.title = "taken"</script><img src="{front}/static/icon.svg?tracked">
<meta http-equiv="refresh" content="0;url={front}"><form action="{front}/sign-in"><button>send</button></form>
<a rel="opener" target="_top" href="{front}/sign-in">a link</a><a href="javascript:parent.document.title = 1">run</a>"""


@pytest.fixture
def page(browser: "Browser", demo: Demo) -> Iterator["Page"]:
    """An empty inbox on a desktop."""
    fetch(demo.url("/api/messages", "INBOX_PORT"), method="DELETE")
    context = browser.new_context(viewport={"width": 1200, "height": 700})
    opened = context.new_page()
    opened.goto(demo.url("/inbox", "INBOX_PORT"))
    yield opened
    context.close()


def deliver(demo: Demo, subject: str, html: str = "<p>hello</p>") -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "Ada <ada@example.com>", "demo@example.com"
    mail.set_content(f"The text of {subject}.")
    mail.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", demo.ports["INBOX_SMTP_PORT"], timeout=5) as connection:
        connection.send_message(mail)


def open_mail(page: "Page", subject: str) -> None:
    page.locator("#mails").get_by_text(subject).click()
    page.get_by_role("heading", name=subject).wait_for()


def test_a_mail_appears_by_itself_and_is_unread_until_opened(demo: Demo, page: "Page") -> None:
    page.get_by_text("No email yet").wait_for()
    deliver(demo, "First")
    page.locator("#mails").get_by_text("First").wait_for()
    unread = page.title()

    open_mail(page, "First")
    page.reload()

    assert unread == "(1) Inbox · Latchkey demo"
    assert page.title() == "Inbox · Latchkey demo"


def test_a_new_mail_does_not_change_the_open_mail_the_focus_or_the_scroll(demo: Demo, page: "Page") -> None:
    for number in range(12):
        deliver(demo, f"Mail {number}.")
    open_mail(page, "Mail 0.")
    page.locator("#mails a").nth(11).focus()
    before = page.evaluate("document.querySelector('.list').scrollTop")
    frame = page.locator("iframe").element_handle()

    deliver(demo, "Another")
    page.locator("#mails").get_by_text("Another").wait_for(state="attached")

    assert before > 0
    assert page.evaluate("document.activeElement.textContent").count("Mail 0.") == 1
    assert page.evaluate("document.querySelector('.list').scrollTop") >= before
    assert frame.evaluate("frame => frame.isConnected")


def test_a_mail_is_shown_in_full_height(demo: Demo, page: "Page") -> None:
    deliver(demo, "Long", "<body style='margin: 0'><div style='height: 3000px'>x</div>")
    open_mail(page, "Long")

    page.wait_for_function("document.querySelector('iframe').clientHeight >= 3000")

    assert page.locator("iframe").evaluate("frame => frame.clientHeight") < 3050


def test_the_inbox_can_be_used_with_the_keyboard_alone(demo: Demo, page: "Page") -> None:
    deliver(demo, "Older")
    deliver(demo, "Newer")
    page.locator("#mails").get_by_text("Newer").wait_for()

    page.locator("#mails a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Older").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.get_by_text("The text of Older.").wait_for()
    page.keyboard.press("Escape")

    assert page.evaluate("document.activeElement.textContent").count("Older") == 1
    page.go_back()
    page.get_by_text("Select an email to read it.").wait_for()


def test_a_phone_shows_the_list_or_the_mail(demo: Demo, page: "Page") -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    deliver(demo, "On the way")
    open_mail(page, "On the way")
    seen = page.locator("#mails").is_visible()
    page.locator(".back").click()
    page.locator("#mails").get_by_text("On the way").wait_for()

    assert not seen
    assert not page.locator("#reading").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_inbox_says_that_the_demo_has_stopped_and_resumes_afterwards(demo: Demo, page: "Page") -> None:
    page.context.set_offline(True)
    page.get_by_text("The demo has stopped.").wait_for()
    page.context.set_offline(False)
    page.get_by_text("The demo has stopped.").wait_for(state="hidden")


def test_a_hostile_mail_cannot_run_load_send_or_navigate(demo: Demo, page: "Page") -> None:
    front, asked = demo.url("", "INBOX_PORT"), []
    deliver(demo, "Hostile", HOSTILE.format(front=front))
    page.on("requestfinished", lambda request: asked.append(request.url))
    open_mail(page, "Hostile")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="send").click()
    frame.get_by_text("run").click()
    with page.context.expect_page() as opened:
        frame.get_by_text("a link").click()
    opened.value.get_by_role("heading", name="Sign in").wait_for()

    assert opened.value.evaluate("window.opener") is None
    assert page.url.startswith(f"{front}/inbox/")
    assert page.title() == "Inbox · Latchkey demo"
    assert [url for url in asked if "tracked" in url or "sign-in" in url] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1200])
@pytest.mark.parametrize("path", ["/", "/sign-in", "/inbox", "/inbox/MAIL"])
def test_every_page_of_the_demo_is_accessible(demo: Demo, page: "Page", path: str, width: int, scheme: str) -> None:
    deliver(demo, "A mail")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(demo.url(path.replace("MAIL", demo.messages()[0]["id"]), "INBOX_PORT"))

    found = Axe().run(page).response["violations"]

    assert json.dumps([(each["id"], [node["target"] for node in each["nodes"]]) for each in found]) == "[]"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
