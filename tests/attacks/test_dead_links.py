"""Links that outlive their purpose: used, expired, or for a password, mailbox, account or key that no longer exists."""

import time

import pytest

from shared.tokens import Tokens
from tests.attacks.conftest import MakeTarget
from tests.attacks.forgery import ANNA, MAX_AGE, payload_of, refuse, sign
from tests.attacks.target import DEAD, Target
from tests.support.service import NEW_PASSWORD, SECRET

OTHER_PASSWORD = "another password of mine"
NEW_KEY = "the-key-that-comes-after-0123456789-klmnop"
OTHER_HASH = "$2b$04$" + "A" * 53


@pytest.fixture
def token(target: Target) -> str:
    """An unused link for Anna."""
    target.add_user(ANNA)
    return target.token_of(ANNA)


def test_a_link_does_not_work_twice(target: Target) -> None:
    """Replay of a reset token (CWE-294; natlas #136, Keycloak CVE-2026-4325)."""
    target.add_user(ANNA)
    token = target.link_for(ANNA)
    assert target.reset(token).status == 200

    refuse(target, token)


def test_no_other_link_works_after_a_reset(target: Target, token: str) -> None:
    """A reset leaves other links alive (Keycloak #40631, lemmy #3270); here it invalidates all, older and newer."""
    links = [sign(payload_of(token), later=seconds) for seconds in (-60, -30, 0, 30)]
    assert [target.check(link).status for link in links] == [200] * 4

    assert target.reset(links[2]).status == 200

    for link in (token, *links):
        refuse(target, link)


def test_another_request_does_not_kill_the_link_at_hand(target: Target) -> None:
    """Denial of the reset: a new request must not invalidate earlier links (NodeBB #6242).

    Otherwise anyone who knows the address, or an impatient second click (BlocklyProp #1439), would invalidate the link
    that has just arrived.
    """
    target.add_user(ANNA)
    first = target.link_for(ANNA)
    target.link_for(ANNA)

    assert target.reset(first).status == 200


def test_checking_a_link_does_not_use_it_up(target: Target, token: str) -> None:
    """Mail scanners and previews open every link; if a check consumed it, the owner would be locked out."""
    assert {target.check(token).status for _ in range(30)} == {200}
    assert target.reset(token).status == 200


def test_a_refused_password_does_not_use_the_link_up(target: Target, token: str) -> None:
    """A link is consumed before the password is validated (better-auth #10632)."""
    assert target.reset(token, "short").outcome == (422, "weak_password")
    assert target.reset(token).status == 200


OF_THE_APPLICATION = "UPDATE users SET password_hash = '$2b$04$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"
CHANGES = {
    # contao #7510, indico #5878.
    "the application sets a password": OF_THE_APPLICATION,
    "the application takes the password away": "UPDATE users SET password_hash = NULL",
    "an empty hash": "UPDATE users SET password_hash = ''",
    "a mark for: no password": "UPDATE users SET password_hash = replace(password_hash, '$2b$', '!$2b$')",
    # dcrstakepool #320, itch.io #676: anyone who can read the old mailbox has the link.
    "the address changes": "UPDATE users SET email = 'safe@example.com'",
    "a letter of the address changes its case": "UPDATE users SET email = 'Anna@example.com'",
    # Akeneo PIM-10128, metabase #77560.
    "the account is switched off": "UPDATE users SET is_active = false",
    "the account is deleted": "DELETE FROM users",
    "its id goes to somebody else": "UPDATE users SET id = id + 1000",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_link_does_not_outlive_a_change_of_its_account(target: Target, token: str, change: str) -> None:
    """Insufficient expiration (CWE-613): a link is bound to the account's password, address and state at its issue."""
    target.sql(change)

    refuse(target, token)


@pytest.mark.parametrize("address", [ANNA, "bert@example.com"])
def test_a_link_does_not_open_a_new_account_with_the_same_id(target: Target, token: str, address: str) -> None:
    """Reused ids (CWE-672): the link belongs to the deleted account, even if the new one has the same address."""
    values = dict(target.sql("SELECT id, password_hash FROM users")[0]._mapping)
    target.sql("DELETE FROM users")
    stored = OTHER_HASH if address == ANNA else values["password_hash"]
    statement = "INSERT INTO users (id, email, password_hash) VALUES (:id, :email, :stored)"
    target.sql(statement, id=values["id"], email=address, stored=stored)

    refuse(target, token)


@pytest.mark.parametrize("stored", [None, "", "!", "*"], ids=str)
def test_an_account_without_a_password_gets_none_by_a_link(target: Target, stored: str | None) -> None:
    """A back door to an account that signs in elsewhere: no link is emailed, and a correctly signed one is refused."""
    identity = target.add_user(ANNA, None)
    target.sql("UPDATE users SET password_hash = :stored", stored=stored)
    link = Tokens([SECRET], MAX_AGE).issue(identity, stored or "", ANNA)

    assert target.forgot(ANNA).status == 202
    assert target.recipients == []
    refuse(target, link)


@pytest.mark.parametrize("age", [0, MAX_AGE - 20, -50])
def test_a_link_works_for_its_whole_lifetime(target: Target, token: str, age: int) -> None:
    """Control for the tests below: these ages are valid. A worker's clock may be 60 seconds ahead of the API's."""
    assert target.check(sign(payload_of(token), later=-age)).status == 200


@pytest.mark.parametrize(
    "later",
    [-MAX_AGE - 1, -2 * MAX_AGE, -86400, 65, 86400, 2.0**33, 2.0**40, 2.0**62],
    ids=lambda later: f"{later:.0f}",
)
def test_a_link_that_is_too_old_or_from_the_future_does_not_work(target: Target, token: str, later: float) -> None:
    """Expired links (CWE-613), and timestamps that no clock could have written (RFC 8725, 3.10 asks for bounds)."""
    refuse(target, sign(payload_of(token), later=later))


def test_a_link_with_a_time_of_zero_does_not_work(target: Target, token: str) -> None:
    """A timestamp of zero, which some parsers read as "none" and so as "never expires"."""
    refuse(target, sign(payload_of(token), later=-time.time()))


@pytest.mark.parametrize("change", ["", "AAAA", "{}A", "______", ".{}"], ids=repr)
def test_the_time_of_a_link_cannot_be_rewritten(target: Target, token: str, change: str) -> None:
    """A signature that doesn't cover the timestamp (CWE-345; YOURLS #2542): an old link with today's timestamp."""
    payload, written, signature = sign(payload_of(token), later=-MAX_AGE - 60).split(".")

    refuse(target, f"{payload}.{change.format(written)}.{signature}")
    refuse(target, f"{payload}.{token.split('.')[1]}.{signature}")


@pytest.mark.parametrize("keys", [f"{SECRET},{NEW_KEY}", f"{NEW_KEY},{SECRET}"], ids=["new one last", "new one first"])
def test_a_link_that_mixes_two_keys_does_not_work(make_target: MakeTarget, keys: str) -> None:
    """Key confusion: links of both keys work, but not one signed by a third key or with the parts of two keys mixed.

    A reset invalidates the links of both keys.
    """
    target = make_target(worker=False, SECRET_KEY=keys)
    target.add_user(ANNA)
    old, new = target.token_of(ANNA), target.token_of(ANNA, NEW_KEY)

    refuse(target, sign(payload_of(old), key=NEW_KEY))
    refuse(target, sign(payload_of(new, NEW_KEY)))
    refuse(target, target.token_of(ANNA, keys))
    assert [target.check(link).status for link in (old, new)] == [200, 200]
    assert target.reset(old).status == 200
    assert [target.reset(link, OTHER_PASSWORD).outcome for link in (old, new)] == [DEAD, DEAD]


def test_a_link_does_not_outlive_its_key(target: Target, token: str, make_target: MakeTarget) -> None:
    """A leaked, retired key (CWE-324): its links become invalid, both those in mailboxes and those yet to be forged."""
    assert target.check(token).status == 200

    after = make_target(worker=False, database_url=target.environ["DATABASE_URL"], SECRET_KEY=NEW_KEY)

    refuse(after, token)
    refuse(after, sign(payload_of(token)))
    assert after.reset(after.token_of(ANNA, NEW_KEY), NEW_PASSWORD).status == 200
