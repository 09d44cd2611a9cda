"""What is read in a password: neither invisible characters nor look-alikes hide anything."""

import re
import sys
from unicodedata import category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.passwords.readings import readings, seen
from dev.tools.look_alikes import look_alikes

CLOTHES = {
    "zero-width": "pass\u200bw\u200co\u200drd\ufeff",
    "soft hyphen": "pass\u00adword",
    "direction": "\u202epass\u2066word",
    "filler": "pass\u3164wo\uffa0rd",
    "tag": "pass\U000e0041word",
    "variation": "p\ufe0fassword",
    "control": "pass\x1bwo\x7frd",
    "accents": "p\u0301a\u0308\u0323ssw\u014drd",
    "enclosed": "p\u20dda\u0489ssword",
    "marks of another script": "p\u0651a\u093fssword",
    "full-width": "\uff50\uff41\uff53\uff53word",
    "bold": "\U0001d429\U0001d41a\U0001d42c\U0001d42cword",
    "script": "\U0001d4f9\U0001d4ea\U0001d4fc\U0001d4fcword",
    "circled": "\u24df\u24d0\u24e2\u24e2word",
    "negative": "\U0001f15f\U0001f170\U0001f162\U0001f182word",
    "flags": "\U0001f1f5\U0001f1e6\U0001f1f8\U0001f1f8word",
    "small capitals": "\u1d18\u1d00\ua731\ua731\u1d21\u1d0f\u0280\u1d05",
    "strokes": "\u01a5a\u00df\u0175\u00f8r\u0111",
    "Cyrillic": "\u0440\u0430\u0455\u0455\u051d\u043er\u0501",
    "Greek": "\u03c1\u03b1ss\u03c9\u03bfrd".replace("\u03c9", "w"),
    "capitals": "\u0420\u0391SS\u051c\u039fRD",
    "Cherokee": "\u13e2\u13aa\u13da\u13da\u13d4ord".replace("\u13d4", "w"),
    "upside down": "p\u0250ssword",
}


@pytest.mark.parametrize("text", CLOTHES.values(), ids=CLOTHES)
def test_a_word_is_read_in_any_clothes(text: str) -> None:
    assert readings(text)[0] == text
    assert readings(text)[-1].lower() == "password"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\u0661\u0662\u0663\u0967\u0e51\u2776\U0001d7d9", "1231111"),
        ("pass\u2010word\u2013\u2014", "pass-word-\u2014"),
        ("\u043a\u043c\u0442\u043d\u0432", "kmthb"),
        ("a\u00a0b\u2003c\u3000d", "a b c d"),
    ],
)
def test_digits_signs_and_spaces_are_read_too(text: str, plain: str) -> None:
    assert readings(text)[-1] == plain


@pytest.mark.parametrize("text", ["", "P@ssw0rd 1", "correct horse battery staple"])
def test_plain_text_has_one_reading(text: str) -> None:
    assert readings(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "私のパスワード",
        "がぎぐ",
        "비밀번호",
        "كَلِمَة",
        "नमस्ते दुनिया",
        "สวัสดี",
        "שַׁבָּת",
    ],
)
def test_letters_and_vowels_of_other_scripts_stay(text: str) -> None:
    assert readings(text)[-1] == normalize("NFC", text)
    assert len(seen(text)) == len(text)


def test_what_is_hidden_in_another_script_is_read_as_well() -> None:
    assert "пароль" in readings("па\u200bро\u00adль")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("\u200b\u200c\u200d\u00ad\ufeff\u2060\U000e0100\u2800\x01\x7f", 0),
        ("a" + "\u0301\u0316\u0489" * 10, 1),
        ("я" + "\u0301" * 10, 1),
        ("e\u0301te\u0301", 3),
        ("\u2764\ufe0f", 1),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 3),
        ("नमस्ते", 6),
        ("\uac01", 1),
        ("\u1100\u1161\u11a8", 1),
    ],
    ids=ascii,
)
def test_only_what_is_seen_counts(text: str, number: int) -> None:
    assert len(seen(text)) == number


def test_no_invisible_character_of_unicode_counts() -> None:
    """Of the category Cf, those that are seen: signs that enclose or precede numbers, and joiners of hieroglyphs."""
    formats = [chr(code) for code in range(sys.maxunicode + 1) if category(chr(code)) == "Cf"]

    left = [sign for sign in formats if seen(sign)]

    shown = r"[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]"
    assert [sign for sign in left if not re.fullmatch(shown, sign)] == []


@given(st.text(max_size=80))
def test_every_text_has_readings_without_anything_invisible(text: str) -> None:
    first, *others = readings(text)

    assert first == text
    assert len(others) <= 2
    assert all("\u200b" not in other for other in others)
    assert len(seen(text)) <= len(text)


def test_the_table_has_single_look_alikes_of_ascii_and_prefers_small_letters() -> None:
    text = """
0430 ;\t0061 ;\tMA\t# CYRILLIC SMALL LETTER A
041D ;\t0048 ;\tMA\t# CYRILLIC CAPITAL LETTER EN
0399 ;\t006C ;\tMA\t# GREEK CAPITAL LETTER IOTA
03B9 ;\t0069 ;\tMA\t# GREEK SMALL LETTER IOTA
03B7 ;\t006E 0329 ;\tMA\t# GREEK SMALL LETTER ETA
044B ;\t0062 006C ;\tMA\t# two characters
FF41 ;\t0061 ;\tMA\t# NFKD does it
0031 ;\t006C ;\tMA\t# ASCII itself
05AD ;\t0596 ;\tMA\t# no ASCII
"""

    assert look_alikes(text) == {"\u0430": "a", "\u043d": "h", "\u03b9": "i", "\u03b7": "n"}
