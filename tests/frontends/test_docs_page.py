"""/docs: the API reference in Chromium, light and dark, on phone and desktop."""

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import MakeService
from tests.frontends.conftest import MakeApi

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WIDTHS = {"phone": 320, "desktop": 1280}
BACK = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}
# In the order in which a frontend calls them.
CALLS = ["/forgot-password", "/reset-password/check", "/password-policy", "/reset-password"]
OPEN_ALL = "for (const each of document.querySelectorAll('details')) each.open = true"


@pytest.mark.parametrize("scheme", BACK)
@pytest.mark.parametrize("device", WIDTHS)
def test_the_reference_can_be_read(browser: "Browser", make_api: MakeApi, device: str, scheme: Any) -> None:
    from tests.browser.support.accessible import assert_accessible
    from tests.browser.support.layout import sticking_out

    context = browser.new_context(viewport={"width": WIDTHS[device], "height": 844}, color_scheme=scheme)
    complaints: list[str] = []
    context.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page = context.new_page()

    page.goto(f"{make_api(BRAND_COLOR='#f59e0b').url}/docs#resetPassword")
    assert page.get_by_role("heading", name="Set a new password").is_visible()
    text = page.locator("main > p").first.bounding_box()
    assert text
    for _ in range(2):  # As it opens, and with every answer open.
        assert_accessible(page)
        assert sticking_out(page) == []
        page.evaluate(OPEN_ALL)
    back, title = page.evaluate("getComputedStyle(document.body).backgroundColor"), page.title()
    context.close()

    assert 16 <= text["x"] <= WIDTHS[device] - text["width"] - 16
    assert (back, title) == (BACK[scheme], "Latchkey: API reference")
    assert complaints == []


def shown(make_service: MakeService) -> str:
    return unescape(make_service().client.get("/docs").get_data(as_text=True))


def test_the_calls_are_in_the_order_of_their_use(make_service: MakeService) -> None:
    calls = re.findall(r'<p class="call"><b>(\w+)</b> <code>([\w/-]+)</code>', shown(make_service))

    assert [path for _, path in calls][: len(CALLS)] == CALLS
    assert len(calls) == len(set(calls)) == 8


def test_everything_of_the_document_is_on_the_page(make_service: MakeService) -> None:
    page = re.sub(r"</?code>", "`", shown(make_service))
    document = make_service().client.get("/openapi.json").json
    assert document

    schemas = document["components"]["schemas"]
    # The members that every problem has stand in each example.
    fields = {name: field for schema in schemas.values() for name, field in schema["properties"].items()}
    described = [field for name, field in fields.items() if name not in schemas["Problem"]["properties"]]

    for method in [method for methods in document["paths"].values() for method in methods.values()]:
        method.get("requestBody", {}).pop("description", "")  # The summary in other words.

    told = found(document["paths"], "description", "summary") + found(described, "description")
    told += re.split(r"\n+(?:- )?", document["info"]["description"].strip())
    assert [text for text in told if any(part not in page for part in text.split("\n\n"))] == []
    assert [name for name in fields if f"{name}`" not in page and f'"{name}"' not in page] == []
    assert [code for code in found(schemas, "const") if str(code) not in page] == []


def found(part: Any, *names: str) -> list[Any]:
    """List the texts and numbers that stand under these names, at any depth."""
    if isinstance(part, list):
        return [each for item in part for each in found(item, *names)]
    if not isinstance(part, dict):
        return []
    here = [value for name, value in part.items() if name in names and not isinstance(value, dict | list)]
    return here + [each for value in part.values() for each in found(value, *names)]


def test_the_examples_are_what_the_document_says(make_service: MakeService) -> None:
    page = shown(make_service)
    sent = [json.loads(body) for body in re.findall(r"-d '(\{.*?\})'", page)]
    posted = [json.loads(body) for body in re.findall(r"JSON\.stringify\((\{.*?\})\)", page)]

    assert [set(body) - {"locale"} for body in sent] == [{"email"}, {"token"}, {"token", "password"}]
    assert sent == posted
