"""Tokens: forged, signed for another purpose, spliced, altered, of another type, or sent another way."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from itsdangerous import base64_decode

from shared.tokens import Tokens
from tests.attacks.forgery import (
    ALTERED,
    ANNA,
    FORGED,
    OF_ANOTHER_TYPE,
    Forge,
    nothing_comes_of_it,
    payload_of,
    refuse,
    sign,
)
from tests.attacks.target import DEAD, Target
from tests.support.service import NEW_PASSWORD, SECRET


@pytest.fixture
def token(target: Target) -> str:
    """An unused link for Anna."""
    target.add_user(ANNA)
    return target.token_of(ANNA)


def test_the_forgers_signature_is_as_valid_as_a_workers(target: Target, token: str) -> None:
    """Control: proves that the tokens below are refused only for what is forged about them."""
    assert target.check(sign(payload_of(token))).status == 200


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_token_does_not_work(target: Target, token: str, forge: Forge) -> None:
    """Improper verification of a signature (CWE-347): no signature (CVE-2020-28042), `alg: none` (CVE-2015-2951,
    CVE-2022-23540), a weaker digest, and tokens that the same key signed for another purpose (RFC 8725, 2.8; Keycloak
    CVE-2026-4325, whose single-use tokens had no purpose).
    """
    refuse(target, forge(token))


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_an_altered_token_does_not_work_though_a_lenient_reader_would_take_it(
    target: Target, token: str, alter: Forge
) -> None:
    """Canonicalisation (CWE-180, CWE-178), white space included: the hosted page extracts tokens from pasted text."""
    refuse(target, alter(token))


def test_a_token_with_other_unread_bits_in_its_last_letter_does_not_work(target: Target, token: str) -> None:
    """Malleable signatures (RFC 4648, 3.5; itsdangerous #368, jjwt #1031): four spellings of one token."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = letters.index(token[-1])
    for unread in (1, 2, 3):
        refuse(target, token[:-1] + letters[place + unread])


@pytest.mark.parametrize("make", OF_ANOTHER_TYPE.values(), ids=OF_ANOTHER_TYPE)
def test_a_token_of_another_type_is_refused(target: Target, token: str, make: Forge) -> None:
    """Type confusion: an operator, a number that equals a string, or a blank string in place of the token.

    Parse Server GHSA-vgjh-hmwf-c588, Devise CVE-2013-0233 and Devise CVE-2019-16109, in this order.
    """
    target.add_user("blank@example.com", None)
    with nothing_comes_of_it(target):
        answers = [target.check(make(token)), target.reset(make(token))]

    assert [answer.outcome for answer in answers] == [(422, "invalid_request")] * 2


@pytest.mark.parametrize("parts", [(0, 1, 1), (1, 0, 0), (0, 0, 1), (1, 1, 0)], ids=str)
def test_parts_of_two_tokens_put_together_do_not_work(target: Target, token: str, parts: tuple[int, ...]) -> None:
    """Splicing (CWE-345): the attacker's genuine token with the victim's user id in it, or with its timestamp."""
    target.add_user("mallory@example.com")
    own = sign(payload_of(target.token_of("mallory@example.com")), later=-1)

    refuse(target, ".".join((token, own)[part].split(".")[number] for number, part in enumerate(parts)))


@pytest.mark.parametrize(
    "write",
    [
        "{} OR 1=1", "{}; DROP TABLE users", "-{}", "{}.0", " {}", "{}\n", "+{}", "0{}", "0x{}", "{}_0", "{}e0",
        "{}\x00", "\u0660{}", "", "NULL", "true", "%", "9" * 30, "9" * 400,
    ],
    ids=ascii,
)  # fmt: skip
def test_an_id_that_could_be_read_as_another_does_not_work_even_signed(target: Target, token: str, write: str) -> None:
    """SQL injection (CWE-89) and ids that a cast makes equal (CWE-704), correctly signed.

    Without the key nobody can choose an id, but a table whose id column changes its type leaves such ids in its links.
    """
    user, stored = target.sql("SELECT id, password_hash FROM users")[0]

    refuse(target, Tokens([SECRET], 1800).issue(write.format(user), stored, ANNA))


@pytest.mark.parametrize(
    "payload", [None, 1, "1", [], [1, 2], ["1"], ["1", None], ["1", "f", "x"], {"1": "f"}], ids=str
)
def test_what_is_not_a_token_does_not_work_even_signed(target: Target, payload: Any) -> None:
    """Unchecked content behind a valid signature (CWE-20)."""
    refuse(target, sign(payload))


def test_a_token_outside_the_body_does_not_work(target: Target, token: str) -> None:
    """A token in a URL (CWE-598), a header or a cookie is ignored; a safe method consumes nothing (RFC 9110, 9.2.1)."""
    query, headers = f"?token={quote(token)}&password={quote(NEW_PASSWORD)}", {"Cookie": f"token={token}"}
    for name in ("Authorization", "X-Token", "X-Reset-Token", "X-Latchkey-Token"):
        headers[name] = f"Bearer {token}" if name == "Authorization" else token
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    override = {"X-HTTP-Method-Override": "POST"} | headers

    with nothing_comes_of_it(target):
        page = target.request("GET", "/reset-password" + query, headers=override)
        refused = [
            target.post("/reset-password" + query, {"password": NEW_PASSWORD}, headers),
            target.post("/reset-password/check" + query, {}, headers),
            target.request("POST", "/reset-password", query[1:].encode(), form),
            *(target.request(method, "/reset-password/check" + query) for method in ("GET", "PUT", "DELETE")),
        ]

    assert (page.status, token in page.body.decode(), NEW_PASSWORD in page.body.decode()) == (200, False, False)
    assert [answer.status for answer in refused] == [422, 422, 415, 405, 405, 405]


def test_two_tokens_in_one_body_are_refused(target: Target, token: str) -> None:
    """Duplicate keys (RFC 8259, 4): one parser checks the first, another uses the second."""
    body = f'{{"token": "{token}x", "token": "{token}", "password": "{NEW_PASSWORD}"}}'.encode()

    with nothing_comes_of_it(target):
        answer = target.request("POST", "/reset-password", body, {"Content-Type": "application/json"})

    assert answer.outcome == (422, "invalid_request")


def test_a_link_does_not_tell_whose_it_is_or_how_many_accounts_there_are(target: Target, token: str) -> None:
    """Sensitive data that is merely encoded (CWE-312) and ids that reveal the number of accounts (CWE-200).

    A link reveals neither the address, the hash, the id, nor the length of the id.
    """
    user, stored = target.sql("SELECT id, password_hash FROM users")[0]
    target.sql("UPDATE users SET id = 123456789")
    said, of_another = payload_of(token), payload_of(target.token_of(ANNA))
    shown = json.dumps(said) + base64_decode(said[0]).decode("latin-1")

    assert [part for part in (ANNA, "anna", "$2b$", stored, f'"{user}"') if part in shown] == []
    assert not base64_decode(said[0]).startswith(str(user).encode())
    assert [len(part) for part in said] == [len(part) for part in of_another]
    assert target.check(token.partition(".")[0]).outcome == DEAD
