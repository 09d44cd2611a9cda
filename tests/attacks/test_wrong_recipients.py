"""Recipients: a link goes to the address stored in the account, or to nobody."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shared.redis_keys import Key
from shared.tokens import Tokens
from tests.attacks.target import ANNA, EVE, Target
from tests.support.service import SECRET, token_in

SENT = (202, "")
# How `=` behaves under a collation that ignores case, accents, width, white space and punctuation, such as MySQL's. The
# PostgreSQL in these tests is built without ICU, so the operator is replaced.
LOOSE = """
CREATE FUNCTION alike(one varchar, other varchar) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(lower(normalize(one, NFKD)), '[^a-z0-9@.]', '', 'g')
         = regexp_replace(lower(normalize(other, NFKD)), '[^a-z0-9@.]', '', 'g') $$;
CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = alike);
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$;
"""
CITEXT = "CREATE EXTENSION citext"


@pytest.fixture(scope="module", params=[CITEXT, LOOSE], ids=["citext", "collation"])
def loose_of_all(request: pytest.FixtureRequest, new_database: Callable[[], str]) -> Iterator[Target]:
    url = new_database()
    if url.startswith("sqlite"):
        pytest.skip("SQLite tells all letters apart")
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(request.param)
    elif request.param == CITEXT:
        pytest.skip("citext is PostgreSQL's; MariaDB's usual collation takes the place of the other one")
    with tempfile.TemporaryDirectory(prefix="latchkey-") as folder, Target(Path(folder), url, {}) as target:
        if request.param == CITEXT and target.kind == "postgresql":
            target.sql("ALTER TABLE users ALTER COLUMN email TYPE citext")
        yield target


@pytest.fixture
def loose(loose_of_all: Target) -> Target:
    """The service over a database whose `=` treats more addresses as equal than Latchkey does."""
    loose_of_all.clear()
    return loose_of_all


def unknown(target: Target) -> int:
    """Count the requests for which no account was found."""
    return int(target.ask("hget", Key.METRICS, "jobs_ended:no_such_user") or 0)


def is_unknown(target: Target, typed: str) -> bool:
    """Return whether an address is accepted, matches no account, and causes no email."""
    before = unknown(target)
    return (target.asked(typed), unknown(target)) == ((SENT, []), before + 1)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("mike@example.org", "m\u0131ke@example.org"),
        ("mike@example.org", "M\u0130KE@example.org"),
        ("kim@example.org", "\u212aim@example.org"),
        ("sam@example.org", "\u017fam@example.org"),
        ("strasse@example.org", "stra\u00dfe@example.org"),
        ("fish@example.org", "\ufb01sh@example.org"),
        ("anna@example.org", "\uff41nna@example.org"),
        ("anna@example.org", "ann\u00aa@example.org"),
    ],
    ids=ascii,
)
def test_a_letter_that_some_normalisation_changes_finds_no_account(target: Target, stored: str, typed: str) -> None:
    """Case mapping and compatibility forms (NFKC) turn two addresses into one (Django CVE-2019-19844)."""
    target.add_user(stored)

    assert is_unknown(target, typed)


@pytest.mark.parametrize("typed", ["an\u00adna@example.org", "anna\u200b@example.org"], ids=ascii)
def test_an_invisible_character_within_an_address_is_refused(target: Target, typed: str) -> None:
    """An address that looks like another one, CWE-1007."""
    target.add_user("anna@example.org")

    assert target.post("/forgot-password", {"email": typed}).status == 422


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("mike@github.example", "mike@g\u0131thub.example"),
        ("mike@github.example", "mike@xn--gthub-n4a.example"),
        ("anna@example.org", "anna@ex\u0430mple.org"),
        ("anna@example.org", "\u0430nna@example.org"),
        ("anna@fass.example", "anna@fa\u00df.example"),
        ("anna@munchen.example", "anna@m\u00fcnchen.example"),
    ],
    ids=ascii,
)
def test_a_domain_that_looks_like_another_finds_no_account(target: Target, stored: str, typed: str) -> None:
    """A dotless i in the attacker's domain (GitHub's reset, 2019) and homographs (CWE-1007, UTS 39)."""
    target.add_user(stored)

    assert is_unknown(target, typed)


def test_another_normal_form_of_a_letter_finds_no_account(target: Target) -> None:
    """Two normal forms of a name are two mailboxes (UAX 15; Spotify's accounts, 2013)."""
    target.add_user("zo\u00eb@example.com")

    assert is_unknown(target, "zoe\u0308@example.com")


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        (ANNA, "anna+shop@example.com"),
        ("anna+shop@example.com", ANNA),
        (ANNA, "an.na@example.com"),
        ("anna@googlemail.com", "anna@gmail.com"),
    ],
)
def test_an_alias_of_an_address_finds_no_account(target: Target, stored: str, typed: str) -> None:
    """Only the host of a mailbox knows what a tag or a dot in its name means (RFC 5321, 2.3.11)."""
    target.add_user(stored)

    assert is_unknown(target, typed)


@pytest.mark.parametrize(
    ("stored", "typed", "recipient"),
    [
        (ANNA, "ANNA@Example.COM", ANNA),
        ("Anna@Example.com", "Anna@Example.com", "Anna@example.com"),
        ("anna@b\u00fccher.example", "anna@XN--BCHER-KVA.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@B\u00dcCHER.example", "anna@xn--bcher-kva.example"),
        ("kim@kim.example", "kim@\u212aim.example", "kim@kim.example"),
        ("anna@example.com", "anna@\uff45xample\u3002com", ANNA),
    ],
    ids=ascii,
)
def test_a_mail_goes_to_the_stored_address_and_not_to_the_typed_one(
    target: Target, stored: str, typed: str, recipient: str
) -> None:
    """The email went to the submitted text instead of the address in the matching row (Django CVE-2019-19844)."""
    target.add_user(stored)

    assert target.asked(typed) == (SENT, [recipient])
    assert target.mails[0][1]["To"] == recipient


@pytest.mark.parametrize("typed", ["\u212aim@example.com", "k\u0130m@example.com"], ids=ascii)
def test_a_database_that_equates_two_letters_reveals_no_account(loose: Target, typed: str) -> None:
    """`citext` and collations have their own rules, so each row is compared again (CVE-2019-19844, on MySQL)."""
    loose.add_user("kim@example.com")

    assert is_unknown(loose, typed)
    assert loose.asked("KIM@example.com") == (SENT, ["kim@example.com"])


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        (f"{ANNA}, {EVE.partition('@')[0]}", "anna@example.comeve"),
        (f"{ANNA}\r\nBcc: eve", "anna@example.combcceve"),
        (f"Anna <{EVE}>", "annaeve@evil.example"),
        (f"<{ANNA}>", ANNA),
        (f"{ANNA}>\r\nRCPT TO:<eve", "anna@example.comrcpttoeve"),
        ("=?utf-8?b?anna?=@example.com", "utf8banna@example.com"),
        ("an\u0301na@example.com", ANNA),
    ],
    ids=ascii,
)
def test_a_hostile_address_in_the_table_gets_no_mail(loose: Target, stored: str, typed: str) -> None:
    """Stored header injection (CWE-93): an application that accepts any address, and a database that finds it."""
    loose.add_user(stored)
    loose.add_user(EVE)

    assert is_unknown(loose, typed)
    assert loose.asked(EVE) == (SENT, [EVE])


def test_accounts_that_differ_in_case_alone_do_not_get_each_others_links(target: Target) -> None:
    """Each account gets its own link at its own address, and no link opens the other account (CWE-178)."""
    addresses = ["Anna@example.com", ANNA]
    users = {target.add_user(address): address for address in addresses}

    assert sorted(target.asked("Anna@example.com")[1]) == addresses
    tokens = {to[0]: token_in(message.get_body(("plain",)).get_content()) for to, message in target.mails}
    for address, token in tokens.items():
        assert users[Tokens([SECRET], 1800).verify(token).user_id] == address

    before = target.stored_hash(ANNA)
    assert target.reset(tokens["Anna@example.com"]).status == 200
    assert target.stored_hash(ANNA) == before
    assert target.reset(tokens["Anna@example.com"]).status == 400
    assert target.check(tokens[ANNA]).status == 200


def test_a_link_does_not_follow_its_account_to_another_address(target: Target) -> None:
    """After requesting a link, Eve changes her address to a spelling of Anna's: the link does not follow (CWE-640)."""
    target.add_user(EVE)
    token: Any = target.link_for(EVE)

    target.sql("UPDATE users SET email = 'ANNA@example.com'")

    assert target.reset(token).status == 400
