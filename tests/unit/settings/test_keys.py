"""A key that somebody typed is refused, and a random one never is."""

import random
import secrets
import string
from collections.abc import Callable

import pytest

from api.settings.settings import MIN_UNPREDICTABLE as OF_A_TOKEN
from api.settings.settings import ApiSettings
from shared.settings.random_key import EXAMPLE_SECRET, EXAMPLE_TOKEN, unpredictable
from shared.settings.settings import MIN_UNPREDICTABLE as OF_A_KEY
from tests.unit.settings.test_settings import only_problem

WORDS = """
    able acid aged also area army away baby back ball bank base bath bear beat been beer bell belt best bird
    blow blue boat body bone book born both bowl bulk burn bush busy cake call calm came camp card care case
    cash cast cell chat chip city club coal coat code cold come cook cool cope copy core cost crew crop dark
    data date dawn days deal debt orange window silver garden summer winter planet rocket bridge castle forest
    island market mirror needle pepper
""".split()  # noqa: SIM905 - quotes and commas would hide the words
DRAWN: dict[str, Callable[[random.Random], str]] = {
    "hexadecimal": lambda draw: f"{draw.getrandbits(128):032x}",
    "capitals": lambda draw: f"{draw.getrandbits(128):032X}",
    "base64": lambda draw: "".join(draw.choices(string.ascii_letters + string.digits + "-_", k=32)),
    "digits": lambda draw: "".join(draw.choices(string.digits, k=32)),
    "words": lambda draw: "-".join(draw.sample(WORDS, 8)),
    "words without separators": lambda draw: "".join(draw.sample(WORDS, 8)),
    "punctuation": lambda draw: "".join(draw.choices(string.punctuation + string.ascii_letters, k=32)),
    "UUIDs": lambda draw: f"{draw.getrandbits(128):08x}-{draw.getrandbits(16):04x}-{draw.getrandbits(64):016x}",
}
TYPED = [
    "1234567890" * 4,
    "0123456789abcdef" * 2,
    "0123456789" * 3 + "01",
    "9876543210" * 4,
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba9876543210",
    "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
    "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s",
    "aabbccddeeffgghhiijjkkllmmnnoopp",
    "aaaabbbbccccddddeeeeffffgggghhhhiiiijjjj",
    "acegikmoqsuwybdfhjlnprtvxz1357924680",
    "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
    "qwertyuiopasdfghjklzxcvbnm1234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "QWERTZUIOPasdfghjklYXCVBNMpoiuztrewq",
    "0101010101010101110101010101010101010",
    "correct horse battery staple correct horse",
    "changeme-changeme-changeme-changeme-!",
    "password1234567890password1234567890",
    "secretSecretSECRETsecret1234567890!!",
    "abc" * 5 + "abd" * 5 + "abe" * 5,
    " " * 30 + "ab",
    "the quick brown fox jumps over the lazy dog",
]
NEAR = {
    "in capitals": str.upper,
    "reversed": lambda text: text[::-1],
    "without its separators": lambda text: text.replace("-", ""),
    "with others": lambda text: text.replace("-", "_"),
    "with one more": lambda text: f"{text}1",
    "with one before": lambda text: f"x{text}",
    "with one in the middle": lambda text: f"{text[:20]}Z{text[20:]}",
    "with one less": lambda text: f"{text[:9]}{text[10:]}",
    "with one changed": lambda text: text.replace("random", "rand0m"),
    "with two changed": lambda text: text.replace("random", "r4nd0m"),
    "twice": lambda text: text * 2,
    "in title case": str.title,
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_thousand_random_keys_are_accepted(draw: Callable[[random.Random], str]) -> None:
    source = random.Random(7)  # noqa: S311 - the same keys each time

    keys = [draw(source) for _ in range(1000)]

    assert [key for key in keys if unpredictable(key) < OF_A_KEY] == []


@pytest.mark.parametrize("size", [16, 24, 43])
@pytest.mark.parametrize("signs", [string.hexdigits[:16], string.ascii_letters + string.digits])
def test_a_thousand_random_tokens_are_accepted(signs: str, size: int) -> None:
    source = random.Random(7)  # noqa: S311

    tokens = ["".join(source.choices(signs, k=size)) for _ in range(1000)]

    assert [token for token in tokens if unpredictable(token) < OF_A_TOKEN] == []


@pytest.mark.parametrize("key", TYPED)
def test_a_key_that_somebody_typed_is_refused_without_repeating_it(key: str) -> None:
    problem = only_problem(ApiSettings, SECRET_KEY=f"{secrets.token_urlsafe(32)},{key}")

    assert problem.startswith("SECRET_KEY is ")
    assert key.strip() not in problem


@pytest.mark.parametrize("change", NEAR.values(), ids=NEAR)
def test_an_example_is_refused_in_all_its_forms(change: Callable[[str], str]) -> None:
    assert "SECRET_KEY is not random" in only_problem(ApiSettings, SECRET_KEY=change(EXAMPLE_SECRET))
    token = change(EXAMPLE_TOKEN)
    assert "METRICS_TOKEN is not random" in only_problem(ApiSettings, METRICS_TOKEN=token)


@pytest.mark.parametrize(
    "token", [EXAMPLE_TOKEN, "1234567890123456", "abcdefghijklmnop", "passwordpassword", "a1b2c3d4e5f6g7h8"]
)
def test_a_token_that_somebody_typed_is_refused(token: str) -> None:
    assert "METRICS_TOKEN is not random" in only_problem(ApiSettings, METRICS_TOKEN=token)
