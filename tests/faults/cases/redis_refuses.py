"""Faults of a Redis that answers and refuses: demoted behind its name, without rights, unable to save."""

from pathlib import Path
from typing import Self

import redis

from tests.faults.bench import Loaded
from tests.faults.cases.redis_away import nobody_exited, pids, redis_of
from tests.faults.report import Promise
from tests.faults.run import Run, say
from tests.faults.stack import OneRedis, one_redis
from tests.support.servers import wait_until
from tests.support.stand_ins.managed_redis import ManagedRedis
from tests.support.stand_ins.switch import Switch

LATE = (0.0, 5.0)  # Seconds until the name leads to the new master, which is how long a name is cached.
RIGHTS_AWAY, SAVING_AWAY = 15.0, 30.0  # Seconds.


class ManagedStore(ManagedRedis):
    """The managed Redis of a run."""

    master: OneRedis
    replica: OneRedis

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Start both servers and the switch."""
        one, two = (one_redis(made(folder / name)) for name in ("one", "two"))
        return cls(one, two, Switch(one.port).__enter__())

    def close(self) -> None:
        """End everything."""
        self.name.__exit__()
        self.master.close()
        self.replica.close()


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def managed_failover(run: Run) -> None:
    """Let master and replica change places, and the name follow at once and late."""
    store = run.stack.store
    assert isinstance(store, ManagedStore)
    before = pids(run)
    for late in LATE[:1] if run.short else LATE:
        run.wait(3)
        say(f"the servers change places; the name follows after {late:.0f} s")
        store.fail_over(late)
        run.is_over()
    run.wait(3)
    nobody_exited(run, before)


def without_channels(run: Run) -> None:
    """Take the right to subscribe from the programs' user, and give it back."""
    with redis_of(run).client() as client:
        before = pids(run)
        run.wait(2)
        client.acl_setuser("default", enabled=True, reset_channels=True)
        run.wait(5 if run.short else RIGHTS_AWAY)
        client.acl_setuser("default", enabled=True, channels=["*"])
    run.is_over()
    nobody_exited(run, before)


def unable_to_save(run: Run) -> None:
    """Put a folder in the way of the file that Redis saves to, so that it refuses writes (MISCONF)."""
    store = redis_of(run)
    in_the_way = store.folder / "dump.rdb"
    with store.client() as client:
        before = pids(run)
        in_the_way.unlink(missing_ok=True)
        in_the_way.mkdir()
        client.config_set("save", "3600 1")
        save(client, "err")
        run.wait(5 if run.short else SAVING_AWAY)
        run.check("no 503 while Redis refuses writes", holds=run.ledger.answers[503] > 0)
        in_the_way.rmdir()
        save(client, "ok")
    run.is_over()
    nobody_exited(run, before)


def save(client: redis.Redis, outcome: str) -> None:
    """Let Redis save until it ends as it should."""

    def saved() -> bool:
        state = client.info("persistence")
        if state["rdb_last_bgsave_status"] != outcome and not state["rdb_bgsave_in_progress"]:
            client.bgsave(schedule=True)
        return bool(state["rdb_last_bgsave_status"] == outcome)

    wait_until(saved, f"saving does not end with {outcome}", 20)


FAULTS = [
    Loaded(
        "managed-failover",
        "failover of a managed Redis behind one name, twice",
        Promise(5),
        managed_failover,
        start_store=ManagedStore.start,
    ),
    Loaded("redis-rights", "the right to subscribe taken away for 15 s", Promise(10), without_channels),
    # What is sent when it begins cannot be recorded in time, and is sent again: an email for each process at most.
    Loaded("redis-misconf", "Redis unable to save (MISCONF) for 30 s", Promise(5, twice=0.05), unable_to_save),
]
