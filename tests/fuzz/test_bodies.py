"""Any body and header gets a documented response, never a 5xx. Redis and the database are real."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from shared.tokens import Tokens
from tests.conftest import MakeService
from tests.support.service import SECRET, Service

PATHS = ["/forgot-password", "/reset-password", "/reset-password/check"]
ADDRESS = "anna@example.com"
TOKENS = Tokens([SECRET], 1800)
FORGED = TOKENS.issue("1", "another hash", ADDRESS)

# With lone surrogates, which JSON can represent and UTF-8 can't.
texts = st.text(st.characters(), max_size=100)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from([ADDRESS, FORGED, "de", "9" * 99])
)
documents = st.recursive(
    leaves, lambda each: st.lists(each, max_size=4) | st.dictionaries(texts, each, max_size=4), max_leaves=8
)
fields = st.sampled_from(["email", "locale", "token", "password"])
objects = st.dictionaries(fields, documents, max_size=4) | st.dictionaries(fields | texts, leaves, max_size=4)
written = (documents | objects).map(json.dumps)
damaged = st.builds(
    lambda body, place, added: body[:place] + added + body[place:],
    written.map(str.encode),
    st.integers(0, 60),
    st.binary(max_size=4) | st.sampled_from([b"\x00", b"\xff", b"\\ud800", b'"', b"[" * 2000, b"1e999", b"9" * 5000]),
)
bodies = st.binary(max_size=200) | written.map(str.encode) | damaged | written.map(lambda text: text.encode("utf-16"))
kinds = st.sampled_from(["application/json", "application/json; charset=utf-16", "APPLICATION/JSON;", "text/x"])
# What a server in front of Flask lets through: latin-1 without line ends.
lines = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)
headers = st.dictionaries(
    st.sampled_from(["X-Request-ID", "X-Forwarded-For", "Authorization", "Origin", "Cookie", "Content-Encoding"]), lines
)


@pytest.fixture
def service(make_service: MakeService) -> Service:
    service = make_service(
        TRUSTED_PROXIES="1",
        CORS_ORIGINS="https://www.example.com",
        FORGOT_LIMIT_PER_IP="1000000/second",
        RESET_LIMIT_PER_IP="1000000/second",
        RESET_LIMIT_PER_LINK="1000000/second",
    )
    service.add_user(ADDRESS)
    return service


def post(service: Service, path: str, body: bytes, kind: str = "application/json", **headers: str) -> TestResponse:
    answer = service.client.post(path, data=body, content_type=kind, headers=headers)
    assert answer.status_code < 500, answer.get_data(as_text=True)
    assert len(answer.headers["X-Request-ID"].splitlines()) == 1
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["status"] == answer.status_code
    return answer


@given(path=st.sampled_from(PATHS), body=bodies, kind=kinds, sent=headers)
def test_any_body_gets_a_documented_status(service: Service, path: str, body: bytes, kind: str, sent: Any) -> None:
    answer = post(service, path, body, kind, **sent)

    assert answer.status_code in {202, 400, 413, 415, 422}


@given(address=texts | st.builds("{}@{}".format, texts, texts), locale=texts | st.sampled_from(["de", "en-GB"]))
def test_any_address_is_accepted_or_refused(service: Service, address: str, locale: str) -> None:
    body = json.dumps({"email": address, "locale": locale}).encode()

    assert post(service, "/forgot-password", body).status_code in {202, 422}


@given(password=texts | st.text(st.characters(), min_size=15, max_size=20))
@example("\ud800" * 15)
@example("\x00" * 15)
@example("\u00e4" * 37)
def test_any_password_is_set_or_refused(service: Service, password: str) -> None:
    stored = service.stored_hash(ADDRESS)
    token = TOKENS.issue("1", stored, ADDRESS)

    answer = post(service, "/reset-password", json.dumps({"token": token, "password": password}).encode())

    assert answer.status_code in {200, 422}
    assert (service.stored_hash(ADDRESS) != stored) is (answer.status_code == 200)


@given(token=texts | st.sampled_from([FORGED, FORGED + "A", FORGED[::-1]]))
def test_any_token_is_refused(service: Service, token: str) -> None:
    body = json.dumps({"token": token}).encode()

    assert post(service, "/reset-password/check", body).status_code in {400, 422}
