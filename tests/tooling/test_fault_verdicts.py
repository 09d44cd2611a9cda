"""The verdicts of `make faults`: every kind of broken promise is reported, and nothing else."""

from typing import cast

import pytest

from tests.faults.ledger import ACCEPTED, Ledger, Mail
from tests.faults.load import Load
from tests.faults.report import Promise, Row, judged, table
from tests.faults.run import Run
from tests.faults.stack import Stack

BEGUN = 1000.0
REQUESTS = 100


def happened(*, lost: int = 0, late: float = 0.0, copies: tuple[str, ...] = ()) -> Run:
    """A run of 100 requests, one per second and each mailed at once, except the first.

    A fault ends after 50 s, and the first request is mailed `late` seconds after that.
    """
    ledger = Ledger()
    for number in range(REQUESTS):
        ledger.sent[number] = BEGUN + number
        ledger.answers[ACCEPTED] += 1
        ledger.accepted[number] = BEGUN + number
    mails = [Mail(BEGUN + 50 + late if number == 0 else BEGUN + number, number, "<a>") for number in range(REQUESTS)]
    mails = mails[: REQUESTS - lost] + [Mail(BEGUN + 90, 1, copy) for copy in copies]
    ledger.mails = sorted(mails, key=lambda mail: mail.at)
    load = Load(0, 1, ledger)
    load.begun, load.over = BEGUN, BEGUN + REQUESTS
    run = Run(cast(Stack, None), ledger, load, short=False)
    run.ends, run.flows = [BEGUN + 50], [1.0]
    return run


def row(run: Run, **promise: float) -> Row:
    return judged("a fault", Promise(**promise), run)  # type: ignore[arg-type]


def test_a_promise_that_holds_is_kept() -> None:
    found = row(happened(), flows=2)

    assert (found.verdict, found.accepted, found.mailed, found.rate) == ("kept", 100, 100, 1.0)


@pytest.mark.parametrize(
    ("run", "promise", "verdict"),
    [
        (happened(lost=2), {}, "2 lost"),
        (happened(copies=("<a>",)), {}, "1 mailed twice"),
        (happened(copies=("<b>",)), {"twice": 1}, "copies with different Message-IDs"),
        (happened(late=140), {}, "a mail waited 140 s"),
        (happened(), {"flows": 0.5}, "mail after 1.0 s"),
        (happened(), {"gap": 0.5}, "1.0 s without a mail"),
    ],
)
def test_each_broken_promise_is_named(run: Run, promise: dict[str, float], verdict: str) -> None:
    assert row(run, **promise).verdict == f"BROKEN: {verdict}"


def test_a_request_that_is_not_owed_a_mail_is_not_lost() -> None:
    run = happened(lost=2)
    run.owed = lambda number: number < 98

    assert row(run).verdict == "kept"


def test_the_promise_allows_a_share_of_copies() -> None:
    assert row(happened(copies=("<a>",)), twice=0.01).verdict == "kept"


def test_a_request_sent_during_a_fault_waits_from_the_end_of_the_fault() -> None:
    assert row(happened(late=3)).slowest == 3


def test_mail_flows_again_with_the_first_request_that_was_sent_after_the_fault() -> None:
    ledger = happened().ledger

    assert ledger.flows_after(BEGUN + 50.5) == 0.5
    assert ledger.mailed_after(BEGUN + 50.5) == 0.5
    assert ledger.flows_after(BEGUN + 1000) is None


def test_the_table_shows_faults_that_were_not_run() -> None:
    lines = table([row(happened()), Row("another", skipped=True, notes=["not built"])]).splitlines()

    assert "| kept " in lines[2]
    assert "| not run" in lines[3]
    assert "| not built" in lines[3]
