import pytest

from shared.addresses import InvalidAddress, envelope, hash_address, normalise, parse, spellings

KEY = b"key of the address hashes"
ACCEPTED = [
    "ada@example.com",
    "Ada.Lovelace+tag@Example.COM",
    "o'brien@example.com",
    "a/b=c@example.com",
    "root@localhost",
    "ada@mail_relay.corp",
    "ada@bücher.example",
    "ada@xn--bcher-kva.example",
    "äda@example.com",
    "a" * 64 + "@example.com",
]
LISTS = [f"ada@example.com{between}bob@example.com" for between in (",", ", ", ";", " ", "\t")] + [
    "ada@bob@example.com"
]
SIGNS = [f"ada{sign}bob@example.com" for sign in ',;:<>()[]"\\ \t']
DECORATED = [
    "Ada <ada@example.com>",
    "<ada@example.com>",
    "ada@example.com (Ada)",
    "mailto:ada@example.com",
    '"ada"@example.com',
    '"ada lovelace"@example.com',
    "=?utf-8?b?YWRh?=@example.com",
    "ada@[127.0.0.1]",
]
SECOND_LINES = [
    "ada@example.com\r\nBcc: bob@example.com",
    "ada@example.com\nbob",
    "a\rda@example.com",
    "ada\x00@example.com",
    "ada@exa\x00mple.com",
    "ada\u2028@example.com",
    "ada@example.com\u2029",
    "ada\x85@example.com",
    "ada\x7f@example.com",
]
LONE_SURROGATES = ["\ud800@example.com", "ada@\udfff.example", "ada\udc80@example.com"]
MISSHAPEN = ["", " ", "ada", "@example.com", "ada@", "@", "ada@.com", "ada@example..com", "ada@exa mple.com"]
BAD_DOMAINS = [
    "-example.com",
    "example-.com",
    "exa!mple.com",
    "xn--.com",
    "xn--a.com",
    "a\u200db.com",
    "b" * 64 + ".de",
]
TOO_LONG = ["a" * 65 + "@example.com", "ä" * 33 + "@example.com", "a" * 50 + "@" + "b." * 123 + "com"]


@pytest.mark.parametrize("address", ACCEPTED)
def test_one_plain_address_is_returned_as_typed(address: str) -> None:
    assert parse(address) == address


def test_white_space_around_an_address_is_dropped() -> None:
    assert parse(" \tada@example.com\r\n") == "ada@example.com"


@pytest.mark.parametrize("text", LISTS + SIGNS + DECORATED + SECOND_LINES + LONE_SURROGATES + MISSHAPEN, ids=ascii)
def test_what_is_not_exactly_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(text)


@pytest.mark.parametrize("domain", BAD_DOMAINS, ids=ascii)
def test_a_domain_that_cannot_exist_is_refused(domain: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(f"ada@{domain}")


@pytest.mark.parametrize("address", [*TOO_LONG, "a@" + "b" * 298], ids=len)
def test_an_address_that_smtp_could_not_carry_is_refused(address: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(address)


def test_an_address_that_smtp_could_not_carry_in_its_ascii_form_is_refused() -> None:
    with pytest.raises(InvalidAddress):
        parse("a" * 64 + "@" + ".".join(["日本語" * 8] * 5))


@pytest.mark.parametrize("domain", ["example.com.", "bücher.example.", "\uff45xample.com."])
def test_a_domain_with_a_dot_at_its_end_is_refused_in_every_script(domain: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(f"ada@{domain}")


@pytest.mark.parametrize(
    ("typed", "mailbox"),
    [
        ("Ada@EXAMPLE.com", "ada@example.com"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
        ("ada@bücher。example", "ada@xn--bcher-kva.example"),
        ("ada@faß.example", "ada@xn--fa-hia.example"),
    ],
)
def test_case_and_script_of_the_domain_make_no_other_mailbox(typed: str, mailbox: str) -> None:
    assert normalise(typed) == mailbox


@pytest.mark.parametrize(
    ("typed", "other"),
    [
        ("m\u0131ke@example.com", "mike@example.com"),
        ("M\u0130KE@example.com", "mike@example.com"),
        ("\u212aim@example.com", "kim@example.com"),
        ("\u017fam@example.com", "sam@example.com"),
        ("\u00c4da@example.com", "\u00e4da@example.com"),
        ("ada+tag@example.com", "ada@example.com"),
        ("ada@fass.example", "ada@faß.example"),
    ],
)
def test_letters_that_only_look_alike_stay_two_mailboxes(typed: str, other: str) -> None:
    assert normalise(typed) != normalise(other)
    assert other not in spellings(typed)
    assert hash_address(typed, KEY) != hash_address(other, KEY)


def test_a_table_is_searched_as_typed_in_lower_case_and_with_the_domain_in_both_forms() -> None:
    forms = spellings("Ada@BÜCHER.Example")

    assert forms[0] == "Ada@BÜCHER.Example"
    assert {"Ada@bücher.example", "ada@bücher.example", "ada@xn--bcher-kva.example"} < set(forms)
    assert len(forms) == len(set(forms)) <= 9


def test_a_plain_address_in_lower_case_has_one_spelling() -> None:
    assert spellings("ada@example.com") == ["ada@example.com"]


def test_the_ascii_form_is_also_searched_in_its_own_script() -> None:
    assert spellings("ada@xn--bcher-kva.example") == ["ada@xn--bcher-kva.example", "ada@bücher.example"]


def test_all_spellings_of_a_mailbox_share_one_hash_under_one_key() -> None:
    hashes = {hash_address(spelling, KEY) for spelling in spellings("Ada@BÜCHER.Example")}

    assert len(hashes) == 1
    assert len(hashes.pop()) == 32
    assert hash_address("ada@example.com", KEY) != hash_address("ada@example.com", b"another key")


def test_the_envelope_keeps_the_stored_local_part_and_writes_the_domain_in_ascii() -> None:
    assert envelope("Ada@BÜCHER.example") == "Ada@xn--bcher-kva.example"


def test_a_local_part_beyond_ascii_is_kept_too() -> None:
    assert envelope("jürgen@BÜCHER.example") == "jürgen@xn--bcher-kva.example"


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e", "\u00ad", "\ue000"])
def test_a_local_part_that_cannot_be_seen_is_no_envelope(unseen: str) -> None:
    with pytest.raises(InvalidAddress):
        envelope(f"ada{unseen}@example.com")
