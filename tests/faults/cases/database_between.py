"""Something stands between Latchkey and its database: a pooler that is restarted, or a replica that is behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.redis_keys import Key
from tests.faults.bench import Bench, Databases, Loaded
from tests.faults.cases.database_away import reset, reset_body
from tests.faults.report import Promise
from tests.faults.run import Run
from tests.support.servers import wait_until
from tests.support.stand_ins.pgbouncer import PgBouncer

BEHIND = "500ms"
RESETS = 20
SHORT_RESETS = 4
CONNECTIONS = 4  # Of the pooler to the database: fewer than its clients have.


@contextmanager
def pooler(bench: Bench, folder: Path) -> Iterator[Databases]:
    """Put a PgBouncer in transaction mode before the database."""
    with PgBouncer(bench.database_url, folder, CONNECTIONS) as pooler:
        yield Databases(pooler.url, pooler.url, pooler)


@contextmanager
def replica(bench: Bench, _folder: Path) -> Iterator[Databases]:
    """Let the workers read from a replica."""
    assert bench.database is not None
    with bench.database.replica(BEHIND) as url:
        yield Databases(bench.database_url, url)


def restarted(run: Run) -> None:
    """Reset passwords through the pooler, restart it, and reset more."""
    assert run.pooler is not None
    _reset_many(run)
    run.pooler.stop()
    run.wait(2 if run.short else 10)
    run.pooler.start()
    run.is_over()
    _reset_many(run)
    _expect_notices(run, 2 * _number(run))


def behind(run: Run) -> None:
    """Reset passwords: the owner must be told of each, although the worker's database shows it later."""
    _reset_many(run)
    _expect_notices(run, _number(run))
    not_changed = _count(run, "jobs_ended:not_changed")
    run.check(f"{not_changed} notices dropped", holds=not_changed == 0)


def _number(run: Run) -> int:
    return SHORT_RESETS if run.short else RESETS


def _reset_many(run: Run) -> None:
    assert run.database is not None
    answers = []
    for _ in range(_number(run)):
        answers.append(reset(run, reset_body(run.database)))
        run.wait(0.2)
    run.check(f"resets got {answers}", holds=set(answers) == {200})


def _expect_notices(run: Run, expected: int) -> None:
    try:
        wait_until(lambda: _count(run, "mails_sent:password_changed") == expected, "notices are missing", 20)
    except TimeoutError:
        run.check(f"{_count(run, 'mails_sent:password_changed')} of {expected} notices", holds=False)
    run.note(f"{expected} resets, each with its notice")


def _count(run: Run, counter: str) -> int:
    return run.stack.ask(lambda client: int(str(client.hget(Key.METRICS, counter) or 0)))


FAULTS = [
    Loaded("pooler", "PgBouncer in transaction mode, restarted", Promise(5), restarted, between=pooler),
    Loaded("replica", f"the workers' database is {BEHIND} behind", Promise(), behind, between=replica),
]
