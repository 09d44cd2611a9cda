"""What all faults share, and how a fault runs with or without load."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from api.settings.settings import ApiSettings
from shared.settings.environment import SettingsError
from tests.faults.database import Postgres
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.report import Promise, Row, judged
from tests.faults.run import RATE, Run, say
from tests.faults.stack import Stack, Store, one_redis
from tests.support.stand_ins.pgbouncer import PgBouncer


@dataclass(frozen=True)
class Bench:
    """What all faults share. `database` is set if a fault may stop it."""

    folder: Path
    database_url: str
    database: Postgres | None = None
    short: bool = False
    rate: float = RATE

    def titled(self, title: str) -> str:
        return f"{title} (shortened)" if self.short else title

    def folder_for(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder


@dataclass(frozen=True)
class Databases:
    """The addresses of the users table for the programs, and the pooler before it, if there is one."""

    of_api: str
    of_workers: str
    pooler: PgBouncer | None = None


@contextmanager
def nothing_between(bench: Bench, _folder: Path) -> Iterator[Databases]:
    """Let both programs use the database itself."""
    yield Databases(bench.database_url, bench.database_url)


@dataclass(frozen=True)
class Loaded:
    """A fault of a stack under load."""

    name: str
    title: str
    promise: Promise
    act: Callable[[Run], None]
    environ: Mapping[str, str] = field(default_factory=dict)
    start_store: Callable[[Path], Store] = one_redis
    between: Callable[[Bench, Path], AbstractContextManager[Databases]] = nothing_between

    def __call__(self, bench: Bench) -> Row:
        """Start everything, cause the fault, wait for stragglers, and judge."""
        folder = bench.folder_for(self.name)
        with self.between(bench, folder) as databases:
            return self._judged(bench, folder, databases)

    def _judged(self, bench: Bench, folder: Path, databases: Databases) -> Row:
        ledger = Ledger()
        store = self.start_store(folder)
        stack = Stack(folder, databases.of_api, ledger.take, self.environ, store, databases.of_workers)
        if problem := _refused(stack.environ):
            store.close()
            return Row(self.title, skipped=True, notes=[problem])
        with stack, Load(stack.port, bench.rate, ledger) as load:
            run = Run(stack, ledger, load, bench.database, short=bench.short)
            run.pooler = databases.pooler
            run.wait_for_mail(load.begun)
            try:
                self.act(run)
            except TimeoutError as error:
                # A timeout is a broken promise; the other faults still run.
                run.check(str(error), holds=False)
            run.wait(1)
            load.stop()
            say(f"{len(ledger.accepted)} accepted; waiting for {stack.unfinished()} jobs")
            run.settle()
        return judged(bench.titled(self.title), self.promise, run)


@dataclass(frozen=True)
class Unloaded:
    """A fault that needs no stack, and fills in its own row."""

    name: str
    title: str
    act: Callable[[Bench, Row], None]

    def __call__(self, bench: Bench) -> Row:
        row = Row(bench.titled(self.title))
        self.act(bench, row)
        return row


def _refused(environ: Mapping[str, str]) -> str:
    """Return why this version of the product refuses the settings, if it does."""
    try:
        ApiSettings.load(environ)
    except SettingsError as error:
        return str(error).splitlines()[-1].strip()
    return ""
