"""Any text is either one mailbox, on which all functions agree, or it is refused."""

import unicodedata
from email.headerregistry import HeaderRegistry
from email.utils import getaddresses
from smtplib import quoteaddr
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.addresses import (
    MAX_LENGTH,
    MAX_LOCAL_LENGTH,
    InvalidAddress,
    envelope,
    hash_address,
    lower,
    normalise,
    parse,
    spellings,
)

KEY = b"key of the address hashes"
# Characters that introduce a list, a name, a comment, a route or a second line in SMTP, in mail headers or to a parser.
LISTS = set(',;:<>()[]"\\ \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\u3000')
# Letters that some case mapping or normalisation turns into an ASCII letter or into another of these.
TWINS = (
    "kK\u212asS\u017f\u00df\u1e9eiI\u0130\u0131\u0307fi\ufb01\u00e4\u00c4a\u0308\u03c3\u03c2\u03a3\u00b5\u03bc\uff41"
)

local_parts = st.text("abcXYZ019.+-_'/=!#$%&*?^`{|}~\u00e4\u0131\u212a", min_size=1, max_size=12)
plain_labels = st.text("abcXYZ019", min_size=1, max_size=8)
labels = st.text("abcXYZ019-_\u00e4\u00df\u0130\u0131\u212a\ufb01\u65e5\u0661\u05d0\u200d", min_size=1, max_size=8)
domains = st.lists(plain_labels | labels | plain_labels.map("xn--{}".format), min_size=1, max_size=3).map(".".join)
addresses = st.builds("{}@{}".format, local_parts, domains) | st.builds(
    "{}@{}.example".format, local_parts, plain_labels
)
damaged = st.builds(
    lambda address, place, added: address[:place] + added + address[place:],
    addresses,
    st.integers(0, 20),
    st.sampled_from(sorted(LISTS)) | st.characters() | st.sampled_from(["@", "\r\nBcc: b@x.com", ", b@x.com"]),
)
texts = addresses | damaged | st.text(st.characters(), max_size=40) | st.text(st.characters(codec="ascii"), max_size=40)


def accepted(text: str) -> str | None:
    """Return the address that the text contains, or None; any exception other than InvalidAddress is a bug."""
    try:
        return parse(text)
    except InvalidAddress:
        return None


@given(texts)
@example("a@ex\u00adample.com")
@example("ada@" + "xn--" * 60)
@example("a" * 64 + "@" + "b" * 200)
@example("\u0130" * 300)
def test_whatever_is_accepted_is_one_address_on_one_line(text: str) -> None:
    address = accepted(text)
    if address is None:
        return

    assert address == text.strip(" \t\r\n")
    assert address.count("@") == 1
    assert not LISTS & set(address)
    assert not [sign for sign in address if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp", "Zs"}]
    assert len(address.splitlines()) == 1
    assert len(address) <= MAX_LENGTH
    assert len(address.partition("@")[0].encode()) <= MAX_LOCAL_LENGTH


@given(texts)
def test_all_functions_agree_on_what_is_an_address(text: str) -> None:
    outcomes = set()
    for function in (parse, normalise, spellings, lambda each: hash_address(each, KEY)):
        try:
            function(text)
        except InvalidAddress:
            outcomes.add("refused")
        else:
            outcomes.add("accepted")

    assert len(outcomes) == 1


@given(texts)
def test_an_envelope_is_read_as_exactly_this_one_address(text: str) -> None:
    address = accepted(text)
    if address is None:
        return
    if not address.partition("@")[0].isprintable():
        with pytest.raises(InvalidAddress):
            envelope(address)
        return
    recipient = envelope(address)

    assert recipient.partition("@")[2].isascii()
    assert recipient.isprintable()
    assert recipient.partition("@")[0] == address.partition("@")[0]
    assert len(recipient) <= MAX_LENGTH
    assert quoteaddr(recipient) == f"<{recipient}>"
    assert getaddresses([recipient]) == [("", recipient)]
    if not recipient.isascii():
        return
    header: Any = HeaderRegistry()("To", recipient)
    assert [each.addr_spec for each in header.addresses] == [recipient]
    assert envelope(recipient) == recipient


@given(texts)
def test_normalising_twice_changes_nothing(text: str) -> None:
    address = accepted(text)
    if address is None:
        return

    assert normalise(normalise(address)) == normalise(address)


@given(texts)
def test_every_spelling_is_of_the_same_mailbox(text: str) -> None:
    address = accepted(text)
    if address is None:
        return
    forms = spellings(address)

    assert forms[0] == address
    assert len(forms) == len(set(forms))
    assert {normalise(form) for form in forms} == {normalise(address)}
    assert {hash_address(form, KEY) for form in forms} == {hash_address(address, KEY)}


@given(st.text(TWINS, min_size=1, max_size=3), st.text(TWINS, min_size=1, max_size=3))
@example("\u212aim", "kim")
@example("m\u0131ke", "mike")
def test_two_local_parts_are_one_mailbox_only_where_they_differ_in_the_case_of_ascii(one: str, other: str) -> None:
    first, second = f"{one}@example.com", f"{other}@example.com"
    same = lower(one) == lower(other)

    assert (normalise(first) == normalise(second)) is same
    assert (hash_address(first, KEY) == hash_address(second, KEY)) is same
    if not same:
        assert second not in spellings(first)
