"""Addresses: the input is one plain email address, or nothing happens."""

import json
from typing import Any

import pytest

from tests.attacks.target import ANNA, EVE, REFUSED, Target

JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def _two_users(target: Target) -> None:
    """Anna, whose account is the target, and Eve, an attacker with her own account."""
    target.add_user(ANNA)
    target.add_user(EVE)


def ids(text: Any) -> str:
    return ascii(text)[:60]


@pytest.mark.parametrize("email", [[ANNA, EVE], [EVE, ANNA], [ANNA], [[ANNA, EVE]], []], ids=ids)
def test_an_array_of_addresses_mails_nobody(target: Target, email: Any) -> None:
    """A list instead of one address: the link to Anna's account went to all of them (GitLab CVE-2023-7028)."""
    assert target.asked(email) == (REFUSED, [])


@pytest.mark.parametrize(
    "email", [{"0": ANNA, "1": EVE}, {"$ne": ""}, {"address": ANNA}, None, True, 0, 1e400], ids=ids
)
def test_an_address_that_is_not_text_mails_nobody(target: Target, email: Any) -> None:
    """Type juggling and query operators as input (CWE-1287, CWE-943)."""
    assert target.asked(email) == (REFUSED, [])


@pytest.mark.parametrize(
    "body",
    [
        f'{{"email": "{ANNA}", "email": "{EVE}"}}',
        f'{{"email": "{EVE}", "email": "{ANNA}"}}',
        f'{{"email": "{ANNA}", "\\u0065mail": "{EVE}"}}',
        f'{{"email": "{ANNA}", "Email": "{EVE}"}}',
        f'{{"email": "{ANNA}", "email[]": "{EVE}"}}',
        f'{{"email": "{ANNA}", "to": "{EVE}", "cc": "{EVE}"}}',
        f'{{"email": "{ANNA}"}}{{"email": "{EVE}"}}',
        json.dumps(json.dumps({"email": ANNA})),
    ],
    ids=ids,
)
def test_a_second_address_in_the_document_mails_nobody(target: Target, body: str) -> None:
    """Two parsers that disagree on a duplicate key (RFC 8259, 4; CouchDB CVE-2017-12635)."""
    answer = target.request("POST", "/forgot-password", body.encode(), JSON)

    assert (answer.outcome, target.recipients) == (REFUSED, [])


def test_a_second_address_in_the_query_string_gets_no_mail(target: Target) -> None:
    """HTTP parameter pollution (CWE-235): one component checks one address, another emails a different one."""
    answer = target.post(f"/forgot-password?email={EVE}&email[]={EVE}", {"email": ANNA})

    assert (answer.status, target.recipients) == (202, [ANNA])


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_addresses_in_a_form_mail_nobody(target: Target, kind: str) -> None:
    """The form of the public exploit of GitLab CVE-2023-7028, `user[email][]=` twice; browsers send it cross-site."""
    body = f"email={ANNA}&email={EVE}&user[email][]={ANNA}&user[email][]={EVE}".encode()

    answer = target.request("POST", "/forgot-password", body, {"Content-Type": kind})

    assert (answer.outcome, target.recipients) == ((415, "unsupported_media_type"), [])


@pytest.mark.parametrize(
    "between", [",", ", ", ";", " ", "\t", "|", "&", "%2c", "%20", "%0a", "\u3000", "\u061b"], ids=ids
)
def test_a_list_of_addresses_in_one_text_mails_nobody(target: Target, between: str) -> None:
    """A mail library splits what the application took for one address (CWE-88; PortSwigger, password reset attacks)."""
    assert target.asked(f"{ANNA}{between}{EVE}") == (REFUSED, [])
    assert target.asked(f"eve{between}{ANNA}")[1] == []


@pytest.mark.parametrize(
    "email",
    [
        f"Anna <{EVE}>",
        f'"{ANNA}" <{EVE}>',
        f"{ANNA} <{EVE}>",
        f"{ANNA}<{EVE}>",
        f"<{ANNA}>",
        f"<{EVE}>{ANNA}",
        f"friends: {ANNA}, {EVE};",
        f"mailto:{ANNA}?cc={EVE}",
    ],
    ids=ids,
)
def test_an_address_with_a_display_name_mails_nobody(target: Target, email: str) -> None:
    """With a display name, parsers find a different address than the one that was checked (Python CVE-2023-27043)."""
    assert target.asked(email) == (REFUSED, [])


@pytest.mark.parametrize(
    "email",
    [
        f"anna({EVE})@example.com",
        "(eve)anna@example.com",
        f"{ANNA}(eve)",
        "anna@(eve)example.com",
        f"eve@evil.example({ANNA}",
    ],
    ids=ids,
)
def test_an_address_with_a_comment_mails_nobody(target: Target, email: str) -> None:
    """Comments (RFC 5322, 3.2.2), which some parsers drop and others deliver to (PortSwigger 2024)."""
    assert target.asked(email) == (REFUSED, [])


@pytest.mark.parametrize(
    "email",
    [
        f'"{EVE}"@example.com',
        f'"{EVE} x"@example.com',
        '"anna"@example.com',
        'a"n"na@example.com',
        '"anna\\"@example.com',
        "an\\na@example.com",
    ],
    ids=ids,
)
def test_a_quoted_local_part_mails_nobody(target: Target, email: str) -> None:
    """`"eve@evil.example x"@example.com` was delivered to Eve (Nodemailer CVE-2025-13033)."""
    assert target.asked(email) == (REFUSED, [])


@pytest.mark.parametrize(
    ("email", "answer"),
    [
        (f"@evil.example:{ANNA}", REFUSED),
        (f"@evil.example,@example.com:{ANNA}", REFUSED),
        (f"{ANNA}@evil.example", REFUSED),
        ("anna%example.com@evil.example", (202, "")),
        ("evil.example!anna@example.com", (202, "")),
        ("example.com!anna@evil.example", (202, "")),
    ],
    ids=ids,
)
def test_an_address_that_asks_for_a_route_mails_nobody(target: Target, email: str, answer: tuple[int, str]) -> None:
    """Source routes, percent hack and bang paths (RFC 5321, appendix C and F.2): a relay would forward the email."""
    assert target.asked(email) == (answer, [])
