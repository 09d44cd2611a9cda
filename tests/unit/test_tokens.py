import hashlib
import time
from typing import Any

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from shared.tokens import CLOCK_SKEW, MAX_LENGTH, InvalidToken, TokenClaims, Tokens

OLD, NEW = "the-old-signing-key-of-these-tests-0123", "the-new-signing-key-of-these-tests-4567"
PURPOSE = "latchkey.reset-password"
MAX_AGE = 1800
USER, HASH, ADDRESS = "42", "$2b$04$hash", "ada@example.com"


def tokens(*keys: str) -> Tokens:
    return Tokens(keys or [OLD], MAX_AGE)


def issue(*keys: str) -> str:
    return tokens(*keys).issue(USER, HASH, ADDRESS)


def verify_at(seconds: float, token: str) -> TokenClaims:
    """Verify a token this many seconds after it was issued."""
    issued_at = tokens().verify(token).expires_at.timestamp() - MAX_AGE
    return Tokens([OLD], MAX_AGE, clock=lambda: issued_at + seconds).verify(token)


def sign(payload: Any, key: str = OLD, salt: str = PURPOSE, digest: Any = hashlib.sha256) -> str:
    """Sign any payload the way tokens are signed."""
    options = {"key_derivation": "hmac", "digest_method": digest}
    return str(URLSafeTimedSerializer(key, salt=salt, signer_kwargs=options).dumps(payload))


def payload_of(token: str, key: str = OLD) -> Any:
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(key, salt=PURPOSE, signer_kwargs=options).loads(token)


def is_refused(token: str, *keys: str) -> bool:
    try:
        tokens(*keys).verify(token)
    except InvalidToken:
        return True
    return False


def test_a_token_comes_back_as_the_claim_it_was_issued_for() -> None:
    before = time.time()

    claims = tokens().verify(issue())

    assert claims.user_id == USER
    assert claims.holds_for(HASH, ADDRESS)
    assert int(before) <= claims.expires_at.timestamp() - MAX_AGE <= time.time()
    assert claims.expires_at.tzname() == "UTC"


@pytest.mark.parametrize("user_id", ["", "ÿ-ключ", "00000000-0000-0000-0000-000000000000", "x" * 300])
def test_an_id_of_any_text_comes_back(user_id: str) -> None:
    assert tokens().verify(tokens().issue(user_id, HASH, ADDRESS)).user_id == user_id


def test_the_helper_of_these_tests_signs_as_tokens_are_signed() -> None:
    assert tokens().verify(sign(payload_of(issue()))).holds_for(HASH, ADDRESS)


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


@pytest.mark.parametrize("seconds", [2**40, 2**62])
def test_a_time_that_no_calendar_has_is_refused_whoever_signed_it(
    seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: seconds)

    assert is_refused(issue())


@pytest.mark.parametrize(
    ("password_hash", "address"),
    [("$2b$04$other", ADDRESS), ("", ADDRESS), (HASH, "ada@example.org"), (HASH, "Ada@example.com")],
)
def test_a_claim_does_not_hold_once_hash_or_address_has_changed(password_hash: str, address: str) -> None:
    assert not tokens().verify(issue()).holds_for(password_hash, address)


def test_a_claim_does_not_hold_when_its_fingerprint_is_another_users() -> None:
    masked, _ = payload_of(tokens().issue("43", HASH, ADDRESS))
    _, fingerprint = payload_of(issue())

    assert is_refused(sign([masked, fingerprint]))


def test_a_claim_does_not_hold_when_characters_move_from_hash_to_address() -> None:
    assert not tokens().verify(tokens().issue(USER, "ab", "c")).holds_for("a", "bc")


def test_a_claim_does_not_hold_when_its_fingerprint_was_made_under_another_key() -> None:
    assert is_refused(sign(payload_of(issue(OLD)), key=NEW), NEW, OLD)


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
