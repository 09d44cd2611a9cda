"""Bodies crafted to break a parser: each gets a proper error, never a 500 or a crashed process."""

import gzip
import json
from typing import Any

import pytest

from tests.attacks.target import Target
from tests.support.service import NEW_PASSWORD

ANNA = "anna@example.com"
PATHS = ["/forgot-password", "/reset-password", "/reset-password/check"]
JSON = {"Content-Type": "application/json"}
REFUSED = (422, "invalid_request")


def raw(target: Target, path: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
    return target.request("POST", path, body, {**JSON, **(headers or {})}).outcome


def is_untouched(target: Target) -> bool:
    """Return whether nothing was accepted or emailed, and no unexpected error was logged."""
    return target.recipients == [] and "unexpected_error" not in target.logs()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 8000 + b"]" * 8000,
        b'{"email":' * 1700 + b"1" + b"}" * 1000,
        b'{"email": ' + b"[" * 8000 + b"]" * 8000 + b"}",
        b"[" * 16_000,
    ],
    ids=["arrays", "objects", "in a field", "never closed"],
)
def test_deeply_nested_json_crashes_no_process(target: Target, path: str, body: bytes) -> None:
    """Uncontrolled recursion, CWE-674 (jackson-databind CVE-2020-36518)."""
    processes = target.api.pids()

    outcome = raw(target, path, body)

    assert outcome == REFUSED
    assert target.api.pids() == processes


@pytest.mark.parametrize("number", ["9" * 15_000, "-" + "9" * 15_000, "1e400", "1e" + "9" * 5000, "0." + "1" * 15_000])
@pytest.mark.parametrize("field", ["email", "token", "password", "unknown"])
def test_a_number_of_thousands_of_digits_is_refused(target: Target, number: str, field: str) -> None:
    """Quadratic conversion of digits (CPython CVE-2020-10735)."""
    outcomes = [raw(target, path, f'{{"{field}": {number}}}'.encode()) for path in PATHS]

    assert outcomes == [REFUSED] * 3
    assert is_untouched(target)


@pytest.mark.parametrize("text", ["\ud800", "\udfff" * 20, NEW_PASSWORD + "\ud83d", "\udcff@example.com"])
def test_half_a_surrogate_pair_is_refused_and_costs_no_link(target: Target, text: str) -> None:
    """Text that no encoding can represent, CWE-176; RFC 8259, 8.2, calls the behaviour of receivers unpredictable."""
    target.add_user(ANNA)
    stored, token = target.stored_hash(ANNA), target.token_of(ANNA)

    outcomes = [
        target.forgot(text).outcome,
        target.forgot(f"anna@{text}.example").outcome,
        target.post("/forgot-password", {"email": ANNA, "locale": text}).outcome,
        target.post("/forgot-password", {"email": ANNA, text: ""}).outcome,
        target.check(text).outcome,
        target.reset(text).outcome,
        target.reset(token, text).outcome,
    ]

    assert set(outcomes) == {REFUSED}
    assert is_untouched(target)
    assert target.stored_hash(ANNA) == stored
    assert target.check(token).status == 200


def test_a_field_that_is_given_twice_is_refused(target: Target) -> None:
    """Duplicate keys: two parsers choose different ones (CouchDB CVE-2017-12635)."""
    target.add_user(ANNA)
    bodies = [
        b'{"email": "anna@example.com", "email": "eve@example.net"}',
        b'{"email": "anna@example.com", "\\u0065mail": "eve@example.net"}',
        b'{"email": "anna@example.com", "locale": {"x": 1, "x": 2}}',
    ]

    assert [raw(target, "/forgot-password", body) for body in bodies] == [REFUSED] * 3
    assert is_untouched(target)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp037"])
@pytest.mark.parametrize("charset", ["", "; charset={}"])
def test_json_in_another_encoding_than_utf_8_is_refused(target: Target, encoding: str, charset: str) -> None:
    """A body that a filter in front reads differently, CWE-436; RFC 8259, 8.1, allows only UTF-8, without a BOM."""
    target.add_user(ANNA)
    body = json.dumps({"email": ANNA}).encode(encoding)
    content_type = {"Content-Type": "application/json" + charset.format(encoding)}

    assert raw(target, "/forgot-password", body, content_type) == REFUSED
    assert is_untouched(target)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "0x10", "01", "'a'", "undefined"])
def test_values_that_are_not_json_are_refused(target: Target, value: str) -> None:
    """Leniency on which parsers disagree, CWE-436; RFC 8259, 6, permits neither NaN nor infinity."""
    bodies = [f'{{"email": {value}}}'.encode(), f'{{"email": "anna@example.com", "locale": {value}}}'.encode()]

    answers = [target.request("POST", "/forgot-password", body, JSON) for body in bodies]

    assert [answer.outcome for answer in answers] == [REFUSED] * 2
    # The whole body is refused, not one of its fields.
    assert [error["field"] for answer in answers for error in answer.json["errors"]] == ["", ""]


@pytest.mark.parametrize(
    "document",
    [{"k" * 16_000: 1}, {str(number): 1 for number in range(1500)}, {"email": ANNA, "__proto__": {"admin": True}}],
    ids=["long", "many", "prototype"],
)
def test_keys_that_are_long_many_or_special_are_refused(target: Target, document: dict[str, Any]) -> None:
    """Keys crafted to collide or to set internal attributes, CWE-915 (hash flooding: CPython CVE-2012-1150)."""
    answers = [target.post(path, document) for path in PATHS]

    assert [answer.outcome for answer in answers] == [REFUSED] * 3
    assert max(len(answer.body) for answer in answers) < 1000
    assert is_untouched(target)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_a_compressed_body_is_not_unpacked(target: Target, coding: str) -> None:
    """A decompression bomb, CWE-409: bodies are never decompressed."""
    bomb = gzip.compress(b'{"email": "anna@example.com"}' + b" " * 10_000_000)[:16_000]

    assert raw(target, "/forgot-password", bomb, {"Content-Encoding": coding}) == REFUSED


def test_a_multipart_body_is_not_parsed(target: Target) -> None:
    """Multipart parsers with excessive work (Werkzeug CVE-2023-46136, CVE-2023-25577)."""
    part = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nanna@example.com\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    outcomes = [raw(target, path, part * 150 + b"\r" * 3000, headers) for path in PATHS]

    assert outcomes == [(415, "unsupported_media_type")] * 3
