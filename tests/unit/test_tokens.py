import hashlib
import time
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from shared.tokens import CLOCK_SKEW, MAX_LENGTH, Claim, InvalidToken, Tokens

OLD, NEW = "the-old-signing-key-of-these-tests-0123", "the-new-signing-key-of-these-tests-4567"
PURPOSE = "latchkey.reset-password"
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MAX_AGE = 1800
USER, HASH, ADDRESS = "42", "$2b$04$hash", "ada@example.com"


def tokens(*keys: str) -> Tokens:
    return Tokens(keys or [OLD], MAX_AGE)


def issue(*keys: str) -> str:
    return tokens(*keys).issue(USER, HASH, ADDRESS)


def verify_at(seconds: float, token: str) -> Claim:
    """Verify a token so many seconds after its issue."""
    issued_at = tokens().verify(token).expires_at.timestamp() - MAX_AGE
    return Tokens([OLD], MAX_AGE, clock=lambda: issued_at + seconds).verify(token)


def sign(payload: Any, key: str = OLD, salt: str = PURPOSE, digest: Any = hashlib.sha256) -> str:
    """Sign any payload as tokens are signed."""
    options = {"key_derivation": "hmac", "digest_method": digest}
    return str(URLSafeTimedSerializer(key, salt=salt, signer_kwargs=options).dumps(payload))


def is_refused(token: str, *keys: str) -> bool:
    try:
        tokens(*keys).verify(token)
    except InvalidToken:
        return True
    return False


def test_a_token_comes_back_as_the_claim_it_was_issued_for() -> None:
    before = time.time()

    claim = tokens().verify(issue())

    assert claim.user_id == USER
    assert claim.holds_for(HASH, ADDRESS)
    assert int(before) <= claim.expires_at.timestamp() - MAX_AGE <= time.time()
    assert claim.expires_at.tzname() == "UTC"


@pytest.mark.parametrize("user_id", ["", "ÿ-ключ", "00000000-0000-0000-0000-000000000000", "x" * 300])
def test_an_id_of_any_text_comes_back(user_id: str) -> None:
    assert tokens().verify(tokens().issue(user_id, HASH, ADDRESS)).user_id == user_id


def test_a_token_carries_neither_hash_nor_address_and_fits_a_url() -> None:
    assert set(issue()) <= set(URL_SAFE + ".")
    assert len(issue()) < 200
    assert tokens().verify(issue()).fingerprint.isalnum()


def test_the_helper_of_these_tests_signs_as_tokens_are_signed() -> None:
    assert tokens().verify(sign([USER, "fingerprint"])).fingerprint == "fingerprint"


@pytest.mark.parametrize(
    "payload",
    [None, True, 42, "ab", [], ["42"], [1, 2], ["42", None], ["a", "b", "c"], {"42": "f", "b": "c"}, [["42"], "f"]],
)
def test_a_genuine_signature_over_another_shape_is_refused(payload: Any) -> None:
    assert is_refused(sign(payload))


@pytest.mark.parametrize(
    "token",
    [
        sign([USER, "f"], key=NEW),
        sign([USER, "f"], salt="latchkey.other-purpose"),
        sign([USER, "f"], salt="itsdangerous"),
        sign([USER, "f"], digest=hashlib.sha1),
    ],
    ids=["other key", "other purpose", "no purpose", "weaker digest"],
)
def test_a_token_that_was_not_signed_with_the_key_for_this_purpose_is_refused(token: str) -> None:
    assert is_refused(token)


@pytest.mark.parametrize("signature", ["", ".", "." + "A" * 43])
def test_a_token_with_a_missing_or_invented_signature_is_refused(signature: str) -> None:
    assert is_refused(issue().rpartition(".")[0] + signature)


def test_the_time_and_signature_of_a_token_fit_no_other_payload() -> None:
    other = tokens().issue("43", HASH, ADDRESS)

    assert is_refused(other.split(".", 1)[0] + "." + issue().split(".", 1)[1])


@pytest.mark.parametrize("age", [-CLOCK_SKEW, 0, 1, MAX_AGE])
def test_a_token_lives_for_its_age_and_may_come_from_a_clock_that_is_a_little_ahead(age: int) -> None:
    assert verify_at(age, issue()).user_id == USER


@pytest.mark.parametrize("age", [-CLOCK_SKEW - 1, MAX_AGE + 1])
def test_a_token_is_refused_a_second_too_late_or_too_early(age: int) -> None:
    with pytest.raises(InvalidToken):
        verify_at(age, issue())


@pytest.mark.parametrize(
    ("password_hash", "address"),
    [("$2b$04$other", ADDRESS), ("", ADDRESS), (HASH, "ada@example.org"), (HASH, "Ada@example.com")],
)
def test_a_claim_does_not_hold_once_hash_or_address_has_changed(password_hash: str, address: str) -> None:
    assert not tokens().verify(issue()).holds_for(password_hash, address)


def test_a_claim_does_not_hold_when_its_fingerprint_is_another_users() -> None:
    fingerprint = tokens().verify(issue()).fingerprint

    assert not tokens().verify(sign(["43", fingerprint])).holds_for(HASH, ADDRESS)


def test_a_claim_does_not_hold_when_characters_move_from_hash_to_address() -> None:
    assert not tokens().verify(tokens().issue(USER, "ab", "c")).holds_for("a", "bc")


def test_a_claim_does_not_hold_when_its_fingerprint_was_made_under_another_key() -> None:
    fingerprint = tokens(OLD).verify(issue(OLD)).fingerprint

    assert not tokens(NEW, OLD).verify(sign([USER, fingerprint], key=NEW)).holds_for(HASH, ADDRESS)


def test_the_first_key_signs() -> None:
    assert not is_refused(issue(NEW, OLD), NEW)
    assert is_refused(issue(NEW, OLD), OLD)


@pytest.mark.parametrize("keys", [(OLD, NEW), (NEW, OLD)], ids=["new key behind", "new key in front"])
@pytest.mark.parametrize("signed_with", [OLD, NEW])
def test_links_of_both_keys_work_while_keys_rotate(keys: tuple[str, str], signed_with: str) -> None:
    assert tokens(*keys).verify(issue(signed_with)).holds_for(HASH, ADDRESS)


def test_the_links_of_a_retired_key_are_dead() -> None:
    assert is_refused(issue(OLD), NEW)


def test_a_token_of_too_many_characters_is_refused_whoever_signed_it() -> None:
    token = sign([USER, "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(40))])

    assert len(token) > MAX_LENGTH
    assert is_refused(token)


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
    changed = (
        token[:place] + other + token[place + 1 :]
        for place, present in enumerate(token)
        for other in set(URL_SAFE + ".") - {present}
    )

    assert [each for each in changed if not is_refused(each)] == []
