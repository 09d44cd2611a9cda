"""What the hosted pages contain before any script runs."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from api.reset.policy_view import REASONS
from dev.tools.openapi_document import PROBLEMS
from shared.languages import LANGUAGES, direction, tag
from tests.conftest import MakeService
from tests.support.service import Service

STATIC = Path(__file__).parents[3] / "api/pages/static"
PAGES = ["/forgot-password", "/reset-password"]
BUDGET = 15_000  # Compressed bytes of a first page with its styles, scripts and icon.
ZIPPED = {"Accept-Encoding": "gzip, deflate, br, zstd"}
# Codes that every form can show: those of the API, and those of api/pages/static/api.js and form.js.
OF_ALL_FORMS = {"rate_limited", "unavailable", "retrying", "offline", "no_answer", "internal_error"}
# Codes that are shown in another section, and codes that the page's requests cannot cause.
ELSEWHERE = {"invalid_or_expired_token", "not_found", "method_not_allowed"}
UNREACHED = {"bad_request", "body_too_large", "unsupported_media_type"}


class Page(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, service: Service, path: str, **headers: str) -> None:
        super().__init__()
        answer = service.client.get(path, headers=headers)
        assert answer.status_code == 200
        self.text = answer.get_data(as_text=True)
        self.elements: list[dict[str, str]] = []
        self._forms: list[str] = []
        self.feed(self.text)

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {"tag": name} | {key: value or "" for key, value in attrs}
        if name == "form":
            self._forms.append(found["id"])
        self.elements.append(found | ({"form": self._forms[-1]} if self._forms else {}))

    def handle_endtag(self, name: str) -> None:
        if name == "form":
            self._forms.pop()

    def all(self, key: str, **wanted: str) -> list[str]:
        """List the values of an attribute on all elements with the other attributes."""
        return [element[key] for element in self.elements if key in element and wanted.items() <= element.items()]

    def one(self, identity: str) -> dict[str, str]:
        return next(element for element in self.elements if element.get("id") == identity)


@pytest.fixture
def service(share_service: MakeService) -> Service:
    """One service for all tests in this file: none of them changes it."""
    return share_service()


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_declares_its_language_and_direction(service: Service, path: str, code: str) -> None:
    for page in (Page(service, f"{path}?locale={tag(code)}"), Page(service, path, **{"Accept-Language": tag(code)})):
        assert (page.elements[0]["lang"], page.elements[0]["dir"]) == (tag(code), direction(code))


@pytest.mark.parametrize("path", PAGES)
def test_links_between_pages_keep_only_the_chosen_language(service: Service, path: str) -> None:
    chosen = Page(service, f"{path}?locale=PT-pt&next=//evil.example")
    by_browser = Page(service, path, **{"Accept-Language": "de"})

    links = {"/forgot-password": "forgot-password{}", "/reset-password": "forgot-password{} reset-password{}#paste"}
    assert set(chosen.all("href", tag="a")) == set(links[path].replace("{}", "?locale=pt-BR").split())
    assert set(by_browser.all("href", tag="a")) == set(links[path].replace("{}", "").split())
    assert service.client.get("/?locale=de").headers["Location"] == "forgot-password?locale=de"


@pytest.mark.parametrize(("path", "form", "own"), [
    ("/forgot-password", "ask", {"invalid_request"}),
    ("/forgot-password", "again", set()),
    ("/reset-password", "choose", {"invalid_request", "weak_password"}),
])  # fmt: skip
def test_a_form_has_a_text_for_every_code_it_can_get(service: Service, path: str, form: str, own: set[str]) -> None:
    assert sorted(Page(service, path).all("data-code", form=form)) == sorted(OF_ALL_FORMS | own)


@pytest.mark.parametrize(("path", "forms"), [("/forgot-password", {"ask"}), ("/reset-password", {"choose"})])
def test_the_document_has_no_code_that_the_pages_do_not_know(service: Service, path: str, forms: set[str]) -> None:
    codes = {problem.code for problem in PROBLEMS}

    shown = {code for form in forms for code in Page(service, path).all("data-code", form=form)}

    assert len(codes) == 11
    assert codes - shown - {"weak_password"} == ELSEWHERE | UNREACHED


def test_every_reason_has_an_element_with_the_text_of_the_api(service: Service) -> None:
    page = Page(service, "/reset-password")

    assert page.all("data-reason") == list(REASONS)
    shown = unescape(page.text)
    # For these two, the page shows the length limit instead.
    others = [text for code, text in REASONS.items() if code not in {"too_short", "too_long"}]
    assert [text for text in others if f">{text}</li>" not in shown] == []


@pytest.mark.parametrize(
    ("hash_format", "longest", "unit"), [("bcrypt", "72", "bytes"), ("django-bcrypt-sha256", "256", "characters")]
)
def test_the_password_field_matches_the_policy(
    make_service: MakeService, hash_format: str, longest: str, unit: str
) -> None:
    service = make_service(USERS_HASH_FORMAT=hash_format, PASSWORD_MIN_LENGTH="12")
    policy: dict[str, Any] = service.client.get("/password-policy").get_json()
    page = Page(service, "/reset-password")

    field, length = page.one("password"), page.one("length")

    assert field["autocomplete"] == "new-password"
    assert field["passwordrules"] == policy["passwordrules"]
    assert field["minlength"] == str(policy["min_length"]) == "12"
    # maxlength would silently cut a pasted password.
    assert "maxlength" not in field
    assert [length[f"data-{part}"] for part in ("min", "max", "unit")] == ["12", longest, unit]
    assert [str(policy["max_length"]), policy["max_length_unit"]] == [longest, unit]
    assert f"Too long: use at most {longest} characters." in page.text
    assert ("count as more than one" in page.text) == (unit == "bytes")


def test_password_managers_can_fill_the_address_field(service: Service) -> None:
    field = Page(service, "/forgot-password").one("email")

    assert (field["type"], field["autocomplete"], field["inputmode"]) == ("email", "username", "email")


@pytest.mark.parametrize(("seconds", "words"), [("60", "in 1 minute."), ("5400", "in 90 minutes.")])
def test_the_page_says_how_long_a_link_lives(make_service: MakeService, seconds: str, words: str) -> None:
    page = Page(make_service(RESET_TOKEN_MAX_AGE=seconds), "/forgot-password")

    assert f"The link works once and expires {words}" in page.text


def test_the_sign_in_link_appears_only_if_configured(make_service: MakeService) -> None:
    address = "https://www.example.com/login"

    assert Page(make_service(SIGN_IN_URL=address), "/reset-password").all("href", tag="a").count(address) == 3
    assert "Sign in<" not in Page(make_service(), "/reset-password").text


@pytest.mark.parametrize("path", PAGES)
def test_every_field_and_section_has_a_label_that_exists(service: Service, path: str) -> None:
    page = Page(service, path)
    ids = page.all("id")
    referred = " ".join(page.all("aria-describedby") + page.all("for") + page.all("aria-controls")).split()

    assert len(ids) == len(set(ids))
    assert set(referred) <= set(ids)
    assert set(page.all("id", tag="input")) == set(page.all("for", tag="label"))
    assert len(page.all("tabindex", tag="h1")) == len(page.all("id", tag="section"))


@pytest.mark.parametrize("path", PAGES)
def test_a_first_page_is_small_and_loads_in_one_round_trip(service: Service, path: str) -> None:
    page = Page(service, path)
    files = {name for name in page.all("href") + page.all("src") if name.startswith("static/")}
    bodies = [service.client.get(f"/{file}", buffered=True).data for file in files]
    imported = re.findall(rb'from "\.(/\w+\.js)"', b"".join(bodies))

    assert {name.decode() for name in imported} <= {f"/{file.rpartition('/')[2]}" for file in files}
    asked = [path, *(f"/{file}" for file in files)]
    sent = [service.client.get(each, headers=ZIPPED, buffered=True).data for each in asked]
    assert sum(map(len, sent)) < BUDGET


def test_no_script_contains_text_for_people() -> None:
    for file in STATIC.glob("*.js"):
        code = re.sub(r"//.*", "", file.read_text())
        assert re.findall(r'"[A-Z][a-z]+ [^"]*"', code) == [], file.name


def test_ten_gets_of_every_page_change_nothing(service: Service) -> None:
    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")
    rows = service.sql("SELECT * FROM users")
    keys = sorted(service.redis.keys("*"))
    service.redis.config_resetstat()

    for path in [
        *PAGES,
        "/",
        "/docs",
        f"/reset-password?token={token}",
        f"/reset-password?token={token}&locale=de",
    ] * 10:
        assert service.client.get(path).status_code in (200, 302)

    # The commands of this test itself.
    asked = set(service.redis.info("commandstats")) - {"cmdstat_config|resetstat", "cmdstat_info", "cmdstat_ping"}
    assert asked == set()
    assert sorted(service.redis.keys("*")) == keys
    assert service.sql("SELECT * FROM users") == rows
    assert len(service.relay.mails) == 1
    assert service.check(token).status_code == 200
    assert service.reset(token).status_code == 200
