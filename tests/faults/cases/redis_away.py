"""Redis is restarted, frozen or full."""

import time
from itertools import cycle, islice
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

from redis import Redis
from redis.exceptions import ResponseError

from tests.faults.bench import Loaded
from tests.faults.report import Promise
from tests.faults.run import Run, say
from tests.faults.stack import OneRedis
from tests.support.servers import wait_until

FILLING = "x" * 100_000
HEADROOM = 20_000_000  # Bytes that foreign keys take up until Redis is full.


def restarts(run: Run) -> None:
    """Stop Redis by SIGTERM and by kill -9 in turn, and start it again on its data."""
    store = _redis(run)
    before = _pids(run)
    for number in islice(cycle((SIGTERM, SIGKILL)), 2 if run.short else 10):
        say(f"Redis ends by {number.name}")
        store.stop(number)
        run.wait(run.random.uniform(0.5, 3.0))
        store.start()
        run.is_over()
        run.wait(run.random.uniform(1.0, 3.0))
    _nobody_exited(run, before)


def freeze(run: Run) -> None:
    """Freeze Redis, with its connections open."""
    store = _redis(run)
    before = _pids(run)
    run.wait(2)
    store.send(SIGSTOP)
    run.wait(4 if run.short else 20)
    store.send(SIGCONT)
    run.is_over()
    _nobody_exited(run, before)


def full(run: Run) -> None:
    """Fill Redis up to `maxmemory` with foreign keys, refill whatever is freed, and finally delete the keys."""
    with _redis(run).client() as client:
        client.config_set("maxmemory", client.info("memory")["used_memory"] + HEADROOM)
        keys = 0
        ends_at = time.monotonic() + (5 if run.short else 20)
        while time.monotonic() < ends_at:
            keys = _fill(client, keys)
            run.wait(0.1)
        say(f"full with {keys} foreign keys")
        run.check("no 503 while full", holds=run.ledger.answers[503] > 0)
        client.delete(*(f"foreign:{number}" for number in range(keys)))
        run.is_over()


def _fill(client: Redis, keys: int) -> int:
    try:
        while True:
            client.set(f"foreign:{keys}", FILLING)
            keys += 1
    except ResponseError:
        return keys


def _redis(run: Run) -> OneRedis:
    assert isinstance(run.stack.store, OneRedis)
    return run.stack.store


def _pids(run: Run) -> list[set[int]]:
    wait_until(run.stack.complete, "a worker process is missing", 20)
    return [set(worker.pids()) for worker in run.stack.workers]


def _nobody_exited(run: Run, before: list[set[int]]) -> None:
    run.check("a worker process has exited", holds=_pids(run) == before)


FAULTS = [
    Loaded("redis-restarts", "restart of Redis, SIGTERM and kill -9, 10 times", Promise(2, twice=0.001), restarts),
    Loaded("redis-freeze", "Redis frozen for 20 s", Promise(2), freeze),
    Loaded("redis-full", "Redis filled to its maxmemory", Promise(5), full),
]
