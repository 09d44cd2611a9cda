"""Which names of accounts a mail shows, and as what."""

import time

import pytest

from shared.users.account_name import MAX_NAME_LENGTH, shown_name

MAX_SECONDS = 0.1


@pytest.mark.parametrize(
    "name",
    [
        "Anna Müller",
        "J.R.R. Tolkien",
        "Version 1.2",
        "Zoe\u0308 Mu\u0308ller",
        "Col\u00b7legi",
        "\u30b8\u30e7\u30f3\u30fb\u30b9\u30df\u30b9",
        "Ph.D. Anna M. Müller, Jr.",
        "O'Brien & Söhne <GmbH>",
        "Karl St.-Jean",
        "anna1985",
        "Customer 10023457",
        "山田太郎",
        "علی‌رضا",
        "👩‍👩‍👧 Rossi",
        "%(product)s {{ 7*7 }}",
    ],
)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    assert shown_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "http://localhost/x",
        "hxxps://evil",
        "www.evil",
        "WWW.evil",
        "Win at evil.example",
        "evil.com",
        "t.co/x",
        "evil\u200b.\u200bcom",
        "evil\u3002com",
        "evil\uff0ecom",
        "\uff57\uff57\uff57.evil",
        "e\u200dvil.c\u200dom",
        "evil[.]com.evil.example",
        "anna@example.com",
        "eve\uff20evil",
        "evil\ufe0f.com",
        "evil.\ufe0fcom",
        "evil\u034f.com",
        "evil\u180b.com",
        "evil\U000e0100.com",
        "evil.\u0301com",
        "evil.\u20ddcom",
        "e\u0301vil\u0301.com",
        "evil\ua4f8com",
        "evil\u2024com",
        "evil\uff61com",
        "evil\u06d4com",
        "evil\U0001d16dcom",
        "1.1.1.1/login",
        "see 127.0.0.1",
        "\uff11.1.1.1",
        "Call +1 (800) 555-0100 now",
        "Call 18005550100",
        "Call \u0660\u0668\u0660\u0660-\u0665\u0665\u0665-\u0660\u0661\u0660\u0660",
    ],
    ids=ascii,
)
def test_a_name_that_looks_like_a_link_or_asks_for_a_call_is_left_out(name: str) -> None:
    assert shown_name(name) == ""


@pytest.mark.parametrize("repeated", ["\u0301\u0316", "a\u0301\u0316", "\ufdfa", "1(", "a.", " ", "\u200d"], ids=ascii)
def test_a_long_name_takes_no_time(repeated: str) -> None:
    begun = time.process_time()

    shown_name(repeated * 30_000)

    assert time.process_time() - begun < MAX_SECONDS


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (None, ""),
        ("", ""),
        (" \t\r\n\u2028", ""),
        (b"Anna", ""),
        (4711, "4711"),
        ("Anna\r\nBcc: eve", "Anna Bcc: eve"),
        ("Anna\x00\x1b[31m\u2029Eve", "Anna [31m Eve"),
        ("Anna\u202egnp.exe", ""),
        ("\u202eannA\u2066", "annA"),
        ("An\u034fna\ufe0f", "Anna"),
        ("a" * 60, "a" * 60),
        ("a" * 61, "a" * 59 + "…"),
    ],
    ids=ascii,
)
def test_a_name_is_one_short_line_without_what_hides_or_reorders(stored: object, shown: str) -> None:
    assert shown_name(stored) == shown
    assert len(shown) <= MAX_NAME_LENGTH
