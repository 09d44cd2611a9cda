"""Texts that people read hold no characters that nobody sees, or that turn other characters around."""

import pytest

from tests.unit.settings.test_settings import WORKER, only_problem, program_of

SEEN = [
    "Zo\u00eb\u00a0& S\u00f8n",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 Rossi",
    "\u2764\ufe0f\u200d\U0001f525 Shop",
    "Acme\u00ae\ufe0f",
    "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "\u0915\u094d\u200d\u0937",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u5c71\u7530 \u592a\u90ce",
    "O'Brien (M\u00fcnchen) - 24/7",
]
HIDDEN = [
    *("Latch\u202eyek", "\u202dLatchkey", "Latch\u2066key\u2069", "Latchkey\u200f", "\u200eLatchkey", "\u061cLatchkey"),
    *("Latch\u200bkey", "Latch\u2060key", "Latch\ufeffkey", "Latch\u00adkey", "Latch\u034fkey", "Latch\u180ekey"),
    *(
        "Latch\u200dkey",
        "Latch\u200ckey",
        "\u200dLatchkey",
        "\u042f\u200d\u200d\u042f",
        "Latch\ufe0fkey",
        "\u2764\ufe0f\ufe0f",
    ),
    *("\u3164", "\u115f\u1160", "\uffa0Latchkey", "\u2800", "Latch\U000e0041", "Latch\U000e0100key", "Latch\ufff9key"),
]


@pytest.mark.parametrize("name", ["PRODUCT_NAME", "SIGN_IN_HINT", "MAIL_DEFAULT_SENDER", "MAIL_REPLY_TO"])
@pytest.mark.parametrize("text", HIDDEN, ids=ascii)
def test_a_text_with_a_hidden_character_is_refused(name: str, text: str) -> None:
    value = f'"{text}" <help@example.com>' if name.startswith("MAIL") else text

    problem = only_problem(program_of(name), **{name: value})

    assert problem.startswith(f"{name} holds the invisible character U+")
    assert problem.isprintable()


@pytest.mark.parametrize("name", ["PRODUCT_NAME", "SIGN_IN_HINT", "MAIL_DEFAULT_SENDER"])
@pytest.mark.parametrize("text", SEEN, ids=ascii)
def test_a_text_of_any_script_is_kept(name: str, text: str) -> None:
    value = f'"{text}" <help@example.com>' if name.startswith("MAIL") else text

    assert getattr(program_of(name).load(WORKER | {name: value}), name.lower()) == value


@pytest.mark.parametrize("name", ["SUPPORT_EMAIL", "MAIL_DEFAULT_SENDER", "MAIL_REPLY_TO", "MAIL_ENVELOPE_SENDER"])
@pytest.mark.parametrize(
    "address", ["help\u202e@example.com", "he\u200blp@example.com", "help@exam\u00adple.com"], ids=ascii
)
def test_an_address_with_a_hidden_character_is_refused(name: str, address: str) -> None:
    assert only_problem(program_of(name), **{name: address}).startswith(f"{name} ")
