"""Dumps: the table, Redis and the logs contain nothing that opens an account."""

import re
from itertools import combinations

from shared.redis_keys import Key
from tests.attacks.conftest import MakeTarget
from tests.attacks.forgery import ANNA, nothing_comes_of_it
from tests.attacks.target import Target
from tests.e2e.test_privacy import everything_in
from tests.support.servers import wait_until

BERT = "bert@example.com"


def opened_by(target: Target, dump: str) -> list[str]:
    """Extract everything that might be a token, with and without adjacent parts, and list what the service accepts."""
    found = set()
    for text in set(re.findall(r"[\w.-]{20,}", dump, re.ASCII)):
        dots = [-1, *(match.start() for match in re.finditer(r"\.", text)), len(text)][:12]
        found |= {text[start + 1 : end] for start, end in combinations(dots, 2)}
    return sorted(text for text in found if len(text) >= 20 and target.check(text).status == 200)


def dump(target: Target) -> str:
    """Return everything there is to read: the table, every Redis key, the logs."""
    with target.redis.client() as client:
        kept = everything_in(client)
    return "\n".join([str(target.sql("SELECT * FROM users")), kept, target.logs()])


def test_the_search_for_tokens_finds_one_where_there_is_one(target: Target) -> None:
    """Control for the tests below: the search does find a token if there is one."""
    target.add_user(ANNA)
    token = target.token_of(ANNA)

    assert opened_by(target, f'{{"link": "https://example.org/x?a.b.{token}.c", "of": "someone"}}') == [token]


def test_a_dump_holds_no_token_while_jobs_wait(make_target: MakeTarget) -> None:
    """Tokens stored in readable form (CWE-256, CWE-312; lingthio/Flask-User #159: in the table)."""
    target = make_target(worker=False, LOG_LEVEL="DEBUG")
    target.add_user(ANNA)
    target.add_user(BERT)
    for address in (ANNA, BERT):
        assert target.forgot(address).status == 202
    assert target.ask("hlen", Key.JOBS) == 2
    assert opened_by(target, dump(target)) == []

    assert target.reset(target.token_of(BERT)).status == 200
    assert target.ask("hlen", Key.JOBS) == 3
    assert opened_by(target, dump(target)) == []


def test_a_dump_holds_no_token_after_mails_were_sent_delayed_and_given_up(make_target: MakeTarget) -> None:
    """The same for what a worker leaves behind, and tokens in logs (CWE-532; filaops #118: when email fails)."""
    target = make_target(LOG_LEVEL="DEBUG")
    target.add_user(ANNA)
    target.add_user(BERT)
    token = target.link_for(ANNA)
    target.relay_answers("550 no such mailbox")
    assert target.forgot(BERT).status == 202
    target.settle()
    target.relay_answers("451 later")
    assert target.forgot(BERT).status == 202
    wait_until(lambda: target.ask("hlen", Key.ATTEMPTS), "no email was delayed", 20)

    taken = dump(target)

    assert target.ask("zcard", Key.BURIED) == 1
    assert "mail_delayed" in taken
    assert opened_by(target, taken) == []
    assert target.check(token).status == 200


def test_what_was_refused_is_in_no_log(target: Target) -> None:
    """Other people's tokens in logs: a refused token is neither echoed nor logged (CWE-209)."""
    target.add_user(ANNA)
    good = target.token_of(ANNA)
    for sent in (good + "x", f"  {good}", {"token": good}):
        with nothing_comes_of_it(target):
            answer = target.reset(sent)
        assert good.encode() not in answer.body
