"""The API answers in the language of the request, in every text meant for people."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from werkzeug.test import TestResponse

from shared.languages import LANGUAGES, tag
from tests.conftest import MakeService
from tests.support.catalogues import marked_texts, write_catalogues
from tests.support.service import Service

ANNA = "anna@example.com"
OURS = {"type", "code", "status", "field", "expires_at", "max_length_unit", "passwordrules"}  # Not translated.


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogues")
    write_catalogues(folder)
    return folder


@pytest.fixture(autouse=True)
def _catalogues(monkeypatch: pytest.MonkeyPatch, catalogues: Path) -> None:
    monkeypatch.setattr("shared.languages.CATALOGUES", catalogues)


def texts(document: Any) -> Iterator[str]:
    """List the texts of an answer that are meant for people."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name not in OURS and name != "reasons":
                yield from texts(value)
        yield from texts([part for part in document.get("reasons", []) if isinstance(part, dict)])
    elif isinstance(document, list):
        for part in document:
            yield from texts(part)
    elif isinstance(document, str):
        yield document


def is_in(code: str, answer: TestResponse) -> bool:
    """Return whether all texts of an answer, and its Content-Language, are in a language."""
    assert answer.headers["Content-Language"] == tag(code)
    found = list(texts(answer.json))
    assert found
    starts = r"(?!\[)" if code == "en" else re.escape(f"[{code}] ")
    return all(re.match(starts, text) for text in found)


def answers(service: Service, **headers: str) -> list[TestResponse]:
    """Cause as many different answers as possible."""
    client = service.client
    service.add_user(ANNA)
    token = service.link_for(ANNA)
    fields = [{}, {"email": 7}, {"email": ""}, {"email": "x" * 300}, {"email": ANNA, "locale": "?"}, {"a": 1, "b": 2}]
    found = [client.post("/forgot-password", json=body, headers=headers) for body in fields]
    bodies: list[dict[str, str]] = [{"token": "", "password": ""}, {"token": "x", "password": "\ud800"}]
    bodies += [{"token": "x", "password": "x"}, {"token": token, "password": "short"}]
    bodies += [{"token": token, "password": "correct horse battery staple"}]
    found += [client.post("/reset-password", json=body, headers=headers) for body in bodies]
    found += [
        client.post("/reset-password/check", json={"token": token}, headers=headers),
        client.post("/forgot-password", data=b"[]", content_type="application/json", headers=headers),
        client.post("/forgot-password", data=b"{}", content_type="text/plain", headers=headers),
        client.post("/forgot-password", data=b" " * 20_000, headers=headers),
        client.get("/nothing", headers=headers),
        client.delete("/forgot-password", headers=headers),
        client.get("/password-policy", headers=headers),
        client.post("/forgot-password", json={"email": ANNA}, headers=headers),
    ]
    return found


def test_everything_is_answered_in_the_language_of_the_request(service: Service) -> None:
    found = answers(service, **{"Accept-Language": "pl, en;q=0.5"})

    assert {answer.status_code for answer in found} == {200, 202, 400, 404, 405, 413, 415, 422}
    assert [answer.json for answer in found if not is_in("pl", answer)] == []
    said = {text.removeprefix("[pl] ") for answer in found for text in texts(answer.json)}
    # These need another state of the service: see the tests below.
    assert set(marked_texts()) - said == {
        "Too many attempts. Please wait a moment.",
        "We can't do this right now. Please try again in a moment.",
        "Something went wrong on our end.",
        "This request can't be read.",
        "This request can't be processed.",
        "This is not valid.",
    }


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_each_language_is_answered_in(service: Service, code: str) -> None:
    headers = {"Accept-Language": f"sv, {tag(code)};q=0.9, en;q=0.1"}

    assert is_in(code, service.forgot(ANNA, headers=headers))
    assert is_in(code, service.client.get("/password-policy", headers=headers))
    assert is_in(code, service.client.get("/nothing", headers=headers))
    assert is_in(code, service.client.get(f"/password-policy?locale={tag(code)}", headers={"Accept-Language": "xx"}))


def test_busy_and_internal_errors_are_in_the_language_too(make_service: MakeService) -> None:
    service = make_service(OUTBOX_MAX="1", FORGOT_LIMIT_PER_IP="2/hour")

    def fail() -> NoReturn:
        raise RuntimeError

    service.app.add_url_rule("/fails", view_func=fail)
    headers = {"Accept-Language": "hi"}
    found = [service.forgot(ANNA, headers=headers) for _ in range(2)]
    service.redis.flushall()
    found += [service.forgot(ANNA, headers=headers) for _ in range(3)][1:]
    found += [service.client.get("/fails", headers=headers)]

    assert [answer.status_code for answer in found] == [202, 503, 503, 503, 500]
    assert all(is_in("hi", answer) for answer in found)


def test_rate_limit_answers_are_in_the_language_too(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="1/hour", RESET_LIMIT_PER_LINK="1/hour")
    service.add_user(ANNA)
    token = service.link_for(ANNA)
    assert service.check(token).status_code == 200

    found = [
        service.client.post("/forgot-password", json={"email": ANNA, "locale": "tr"}),
        service.client.post("/reset-password/check", json={"token": token, "locale": "tr"}),
    ]

    assert [answer.status_code for answer in found] == [429, 429]
    assert all(is_in("tr", answer) for answer in found)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/forgot-password", {"email": ANNA}, 202),
        ("/forgot-password", {"email": 7}, 422),
        ("/reset-password", {"token": "x", "password": "x"}, 400),
        ("/reset-password", {"token": "x"}, 422),
        ("/reset-password/check", {"token": "x"}, 400),
    ],
)
def test_the_language_in_the_body_overrides_the_header(
    service: Service, path: str, body: dict[str, Any], status: int
) -> None:
    answer = service.client.post(path, json={**body, "locale": "pt-PT"}, headers={"Accept-Language": "de"})

    assert answer.status_code == status
    assert is_in("pt_BR", answer)


def test_an_unavailable_language_falls_back_to_the_configured_one(make_service: MakeService) -> None:
    service = make_service(BABEL_DEFAULT_LOCALE="uk")

    assert is_in("uk", service.forgot(ANNA))
    assert is_in("uk", service.client.post("/forgot-password", json={"email": ANNA, "locale": "sv"}))
    assert is_in("it", service.forgot(ANNA, headers={"Accept-Language": "sv, it;q=0.2"}))


def test_answers_are_not_cached_so_they_need_no_vary(service: Service) -> None:
    # RFC 9110, 12.5.5, asks for `Vary` only on cacheable responses.
    found = [service.forgot(ANNA), service.client.get("/password-policy"), service.client.get("/nothing")]

    assert [answer.headers["Cache-Control"] for answer in found] == ["no-store"] * 3


def test_answers_without_text_for_people_have_no_language(service: Service) -> None:
    service.add_user(ANNA)
    found = [service.check(service.link_for(ANNA)), *map(service.client.get, ("/healthz", "/readyz", "/openapi.json"))]

    assert [answer.headers.get("Content-Language") for answer in found] == [None] * 4


def test_the_command_line_speaks_english(make_service: MakeService) -> None:
    service = make_service(BABEL_DEFAULT_LOCALE="fr")

    result = service.app.test_cli_runner().invoke(args=["users", "add", ANNA], input="short\nshort\n")

    assert "It's too short. (too_short)" in result.output
    assert "[fr]" not in result.output


def test_the_document_is_in_english_and_describes_the_negotiation(service: Service) -> None:
    document = service.client.get("/openapi.json?locale=fr", headers={"Accept-Language": "fr"}).json

    assert document is not None
    assert "[fr]" not in json.dumps(document)
    operations = [document["paths"][path]["post"] for path in document["paths"] if "post" in document["paths"][path]]
    for operation in (*operations, document["paths"]["/password-policy"]["get"]):
        assert [parameter["name"] for parameter in operation["parameters"]] == ["Accept-Language"]
        refusals = [answer for status, answer in operation["responses"].items() if status >= "400"]
        assert all("Content-Language" in answer["headers"] for answer in refusals)
    named = [document["components"]["schemas"][name]["properties"] for name in ("ForgotRequest", "ResetRequest")]
    assert [properties["locale"]["maxLength"] for properties in named] == [35, 35]
