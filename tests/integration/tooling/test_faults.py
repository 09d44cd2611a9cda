"""The shortened form of `make faults`: a few faults under load, one after the other, and every request accounted for.

It notices a broken promise within a minute. Whether a promise holds after forty kills is for the full run to show.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import require_redis
from tests.faults.bench import Bench, Loaded
from tests.faults.cases.claims import raced
from tests.faults.cases.redis_away import restarts
from tests.faults.cases.relay_faults import dropping_in_data
from tests.faults.cases.workers import SHORT_KILLS, kills
from tests.faults.database import sqlite_users
from tests.faults.report import Promise, Row
from tests.faults.run import Run
from worker.settings.settings import WorkerSettings

pytestmark = pytest.mark.slow

RATE = 20.0  # Requests per second: low, because tests share the machine, and nothing here depends on the load.
USERS = 20_000
MAIL_CONNECTIONS = WorkerSettings.model_fields["mail_connections"].default
TIMEOUT = 30.0  # Seconds until mail flows again; `make faults` measures the promised time, on a quiet machine.


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    require_redis()
    return Bench(tmp_path, sqlite_users(tmp_path / "users.sqlite3", USERS), short=True, rate=RATE)


def one_after_the_other(*faults: Callable[[Run], None]) -> Callable[[Run], None]:
    def act(run: Run) -> None:
        for fault in faults:
            fault(run)

    return act


def test_no_request_is_lost_while_workers_and_redis_are_killed_and_the_relay_drops_mails(bench: Bench) -> None:
    faults = one_after_the_other(kills, restarts, dropping_in_data)

    # twice=1: a kill between sending and recording is rare, but with so few requests any share may be mailed twice. It
    # can repeat every email that the process was sending.
    row = Loaded("short", "a bit of everything", Promise(flows=TIMEOUT, twice=1), faults)(bench)

    assert row.verdict == "kept"
    assert row.accepted > 200
    assert row.mailed == row.accepted
    assert row.twice <= SHORT_KILLS * MAIL_CONNECTIONS


def test_of_two_workers_that_claim_one_job_at_once_one_gets_it(bench: Bench) -> None:
    row = Row("claims")

    raced(bench, row)

    assert row.verdict == "kept"
    assert row.notes[0].endswith("claims of 300 jobs")
