"""How hard passwords are to guess, and the cost of finding out."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE, enumerate_l33t_subs, relevant_l33t_subtable

import api.passwords.strength
from api.passwords.common_passwords import DIGEST_SIZE, common_digests, digest
from api.passwords.policy import PasswordPolicy, WeakPassword
from api.passwords.strength import is_hard_to_guess
from dev.tools.common_passwords import most_frequent

SYMBOLS = "4@8({[<3691!|70$5+%2"
MIN_GUESSES = 10**10
HOSTILE = [
    SYMBOLS * 200,
    "1234567890" * 400,
    "İ" * 4096,
    "aab" * 1365,
    "1/1/" * 1024,
    "59268112828426039201a090",
    "".join(map(chr, range(0x10000, 0x11000))),
    "\ud800" * 4096,
    "٣" * 4096,
    "{[<691|7" + "0123456789abcdefghijklmnop",
    "732im343744631553660477a78\xe150988",
]
# The worst that a search found: words, dates and symbols, with parts of the address, and look-alikes for a second text.
SLOW = [
    "cof15t0tiAntiagesoAsstarlavineworasdfghjkltie\u0440dsearla\u04407\u04407iraiiraipasunnydalee7ad2iannaork",
    "732!m343744631553660477a78\xe15098811979677a78\xe1hol$r4rgiolArdi\u0430eme\xe7l72intended!1392activgeorg",
    "anna smith latchkey demo 1.1.19 4a@example \u0430\u0435\u0440\u043e",
    "dofa7sslanetiaitianasomedayemperarocko0re\xe9h4\u0435vfviaitblia49nnhaotyrhmj\u0435labterhers-sdzx\u0435fl2t",
]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that zxcvbn reads."""
    texts: list[str] = []

    def note(text: str) -> Any:
        texts.append(text)
        return zxcvbn(text)

    monkeypatch.setattr(api.passwords.strength, "zxcvbn", note)
    return texts


def ways_to_read(text: str) -> int:
    return len(enumerate_l33t_subs(relevant_l33t_subtable(text, L33T_TABLE)))


@pytest.mark.parametrize("password", HOSTILE, ids=ascii)
def test_no_password_gives_zxcvbn_much_to_read(password: str, read: list[str]) -> None:
    """The time of zxcvbn grows with the square of the length, and with the ways to read symbols as letters.

    At most 32 characters twice and half as many four times, each in six ways: 12 ms. Alone, zxcvbn takes 0.6 s for the
    first 40 of the symbols.
    """
    is_hard_to_guess(password, MIN_GUESSES)

    assert sum(len(text) ** 2 for text in read) <= 32**2 + 2 * 16**2
    assert all(ways_to_read(text) <= 6 for text in read)


@pytest.mark.parametrize("password", SLOW, ids=ascii)
def test_no_password_is_read_often(password: str, read: list[str]) -> None:
    """Measured before there were bounds for the whole check: 43 ms for the first."""
    with suppress(WeakPassword):
        PasswordPolicy(15, 256, "characters", "Latchkey demo").check(password, "anna.smith@example.com")

    assert sum(len(text) ** 2 for text in read) <= 4 * (32**2 + 2 * 16**2)


@given(st.text(max_size=200) | st.text(alphabet=SYMBOLS + "aA19/.-_ ", max_size=40))
def test_every_text_can_be_judged(text: str) -> None:
    assert is_hard_to_guess(text, 0)
    assert not is_hard_to_guess(text, 10**100)


@pytest.mark.parametrize("part", ["a", "abc123", "password", "1234567890", "latchkey", "P@ssw0rd1234567"])
@pytest.mark.parametrize("before", ["", "!", "1"])
def test_repeating_a_part_makes_a_password_no_harder_to_guess(part: str, before: str) -> None:
    assert not is_hard_to_guess(before + part * (72 // len(part)), MIN_GUESSES)
    assert not is_hard_to_guess((before + part * 72)[:71], MIN_GUESSES)


@pytest.mark.parametrize(
    "password",
    ["convection transmissions fossils humanitarian", "sculpturesindividualsallmusictasked", "4@8({[<3691!|70$5+%2"],
)
def test_long_words_count_in_full(password: str) -> None:
    assert is_hard_to_guess(password, MIN_GUESSES)


def test_concurrent_checks_give_the_same_results() -> None:
    chance = random.Random(7)  # noqa: S311 - the same ones each time
    texts = ["".join(chance.choices(["password", "1990", "x", "qwerty", "!"], k=4)) for _ in range(80)]

    def judge(text: str) -> bool:
        return is_hard_to_guess(text, 10**7)

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(judge, texts))

    assert together == [judge(text) for text in texts]
    assert set(together) == {False, True}


def test_a_password_in_the_list_is_found_whatever_the_case_of_its_letters() -> None:
    common = common_digests()

    assert digest("bigracebooster01") in common
    assert digest("BigRaceBooster01") in common
    assert digest("correct horse battery staple") not in common
    assert digest("") not in common
    assert digest("\ud800") not in common


def test_the_list_is_sorted_and_as_long_as_the_standard_requires() -> None:
    common = common_digests()
    digests = [common[place : place + DIGEST_SIZE] for place in range(0, len(common), DIGEST_SIZE)]

    assert digests == sorted(set(digests))
    assert len(digests) >= 18_000


def test_the_list_is_made_of_the_most_frequent_of_each_length() -> None:
    short = [f"short{number:05}" for number in range(4000)]
    long = [f"a longer password {number:05}" for number in range(3500)]

    kept = most_frequent([*short, *long])

    assert kept == {*short[:3000], *long[:3000]}
