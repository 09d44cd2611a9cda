"""The text of a token: what it reveals, and that only the exact text is valid."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import base64_decode

from shared.tokens import MAX_LENGTH
from tests.unit.test_tokens import ADDRESS, HASH, USER, is_refused, issue, payload_of, tokens

URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_a_token_carries_neither_hash_nor_address_and_fits_a_url() -> None:
    assert set(issue()) <= set(URL_SAFE + ".")
    assert len(issue()) < 200
    assert tokens().verify(issue()).fingerprint.isalnum()


@pytest.mark.parametrize("user_id", ["7", "9000000000", "fd51067a-10a7-40a2-8a21-8fe6fe394463", "x" * 300, "x" * 500])
def test_the_hosted_page_finds_the_token_of_any_id_whole(user_id: str) -> None:
    script = (Path(__file__).parents[2] / "api/pages/static/link.js").read_text()
    pattern = script.split("const TOKEN = /")[1].split("/;")[0]
    made = {tokens().issue(user_id, str(number), ADDRESS) for number in range(200)}

    assert {re.findall(pattern, f"Your link: https://example.org/x#token={token}.")[0] for token in made} == made
    assert max(map(len, made)) <= MAX_LENGTH


def test_ids_of_any_usual_size_look_alike_in_a_token() -> None:
    seen = [payload_of(tokens().issue(user_id, HASH, ADDRESS))[0] for user_id in ("1", "2", "1002", "9000000000")]

    assert [len(masked) for masked in seen] == [22] * 4
    assert len(set("".join(seen))) > 30
    assert [base64_decode(masked)[-5:] for masked in seen].count(bytes(5)) == 0


def test_the_same_id_is_masked_otherwise_once_the_state_has_changed() -> None:
    assert payload_of(tokens().issue(USER, "other", ADDRESS))[0] != payload_of(issue())[0]


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "\x00", "é.é.é", "\ud800", "١٢٣"], ids=ascii)
def test_garbage_is_refused(text: str) -> None:
    assert is_refused(text)


@pytest.mark.parametrize("added", ["\x00", "é", "\ud800", "\x00" * 4, "    ", "\n\n\n\n", "=", "===="], ids=ascii)
def test_a_good_token_with_anything_added_is_refused(added: str) -> None:
    assert is_refused(added + issue())
    assert is_refused(issue() + added)


def test_a_good_token_in_the_alphabet_that_urls_cannot_carry_is_refused() -> None:
    issued = (tokens().issue(str(number), HASH, ADDRESS).rpartition(".") for number in range(1000))
    signed, dot, signature = next(parts for parts in issued if "_" in parts[2])

    assert is_refused(signed + dot + signature.replace("_", "/"))


def test_no_character_of_a_token_can_be_changed() -> None:
    token = issue()
    changed = [
        token[:place] + other + token[place + 1 :]
        for place, present in enumerate(token)
        for other in set(URL_SAFE + ".") - {present}
    ]

    assert not is_refused(token)
    assert [text for text in changed if not is_refused(text)] == []


@given(st.text(st.characters()) | st.lists(st.text(URL_SAFE, max_size=50), max_size=4).map(".".join))
@settings(deadline=None)
def test_any_text_is_refused_with_the_one_error(text: str) -> None:
    assert is_refused(text)
