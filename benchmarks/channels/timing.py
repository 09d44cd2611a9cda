"""The timing oracle: whether response times reveal who has an account, or for whom a link was requested lately.

A single client sends requests one by one over one connection, which is an attacker's best position. All addresses have
the same length and are sent in random order: in pairs or in turns, each class would always follow the other, and the
worker would still be busy with that one's job.
"""

import gc
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks import databases
from benchmarks.channels.addresses import draw, request_for
from benchmarks.figures import Estimate, auc
from benchmarks.load import one_by_one
from benchmarks.services import Contender, Services, Store
from benchmarks.sink import Sink
from shared.redis_keys import Key
from tests.faults.run import say
from tests.support.servers import wait_until

REQUESTS = 10_000  # Per class.
SHORT_REQUESTS = 200
QUOTA = 3  # Requests per address in half an hour, the default limit.
WARM_UP = 100  # Requests that are not measured.
CLIENTS = 4  # Parallel clients that use up the quotas.
DRAINED = 120.0  # Seconds to finish every job.


@dataclass(frozen=True)
class Comparison:
    """Two classes of requests: their median times in seconds, and how well a single time tells them apart."""

    first: str
    second: str
    requests: int
    medians: tuple[float, float]
    auc: Estimate


@dataclass(frozen=True)
class Timing:
    """The comparisons, the number of responses by status, and the number of mails sent.

    known: unknown addresses compared with known ones. next_one: the requests that follow these, when the worker may be
    busy with a mail. limited: addresses never requested compared with those whose quota is used up. asked: addresses
    never requested compared with those requested once.
    """

    known: Comparison
    next_one: Comparison
    limited: Comparison
    asked: Comparison
    statuses: Mapping[int, int]
    mails: int


@dataclass(frozen=True)
class _Sample:
    """The class and time of each request, in the order sent."""

    classes: list[str]
    times: list[float]
    statuses: Mapping[int, int]

    def of(self, name: str) -> list[float]:
        return [time for label, time in zip(self.classes, self.times, strict=True) if label == name]

    def after(self, name: str) -> list[float]:
        pairs = zip(pairwise(self.classes), self.times[1:], strict=True)
        return [time for (label, _), time in pairs if label == name]


def measure(folder: Path, database_url: str, sink: Sink, *, short: bool) -> Timing:
    """Time requests to a service that runs with a worker and sends all its mails.

    database_url: a PostgreSQL server on which a database may be created.
    Raises TimeoutError, or RuntimeError if the service did not behave as the measurement assumes.
    """
    number = SHORT_REQUESTS if short else REQUESTS
    addresses = draw(5 * number + WARM_UP)
    known = addresses[:number]
    with ExitStack() as ends:
        url = ends.enter_context(databases.listed(database_url, "timing", known))
        services = Services(folder, url, sink, ends)
        store = services.store("timing")
        door = services.latchkey(1, store)
        services.latchkey_worker(store)
        wait_until(lambda: store.client.exists(Key.HEARTBEAT), "the worker does not start", 30)
        one_by_one(door.port, map(request_for, addresses[5 * number :]))
        mailed = sink.count()
        by_account = _by_account(door, known, addresses[number : 2 * number])
        _drain(store)
        mails = sink.count() - mailed
        by_quota = _by_quota(door, addresses[2 * number : 5 * number])
        _drain(store)
        if (limited := _ended(store, "over_quota")) != number:
            raise RuntimeError(f"{limited} requests were over the quota instead of {number}")
    if by_account.statuses.keys() | by_quota.statuses.keys() != {202}:
        raise RuntimeError(f"the statuses were {by_account.statuses} and {by_quota.statuses}")
    return _timing(by_account, by_quota, mails)


def _timing(by_account: _Sample, by_quota: _Sample, mails: int) -> Timing:
    def compared(first: str, second: str, one: list[float], other: list[float]) -> Comparison:
        return Comparison(first, second, len(one) + len(other), (median(one), median(other)), auc(one, other))

    after = [by_account.after(label) for label in ("unknown", "known")]
    statuses = {
        status: by_account.statuses.get(status, 0) + by_quota.statuses.get(status, 0)
        for status in by_account.statuses.keys() | by_quota.statuses.keys()
    }
    return Timing(
        compared("unknown", "known", by_account.of("unknown"), by_account.of("known")),
        compared("after an unknown one", "after a known one", *after),
        compared("never requested", "quota used up", by_quota.of("never"), by_quota.of("limited")),
        compared("never requested", "requested once", by_quota.of("never"), by_quota.of("once")),
        statuses,
        mails,
    )


def _by_account(door: Contender, known: Sequence[str], unknown: Sequence[str]) -> _Sample:
    sample = _timed(door.port, {"known": known, "unknown": unknown})
    say(f"timing: {len(sample.times)} requests compared by account")
    return sample


def _by_quota(door: Contender, addresses: Sequence[str]) -> _Sample:
    """Use up the quota of a third of the addresses, request another third once, then time requests for all of them."""
    number = len(addresses) // 3
    limited, once, never = (addresses[begin : begin + number] for begin in range(0, 3 * number, number))
    spent = [request_for(address) for address in [*limited] * QUOTA + [*once]]
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(partial(one_by_one, door.port), (spent[begin::CLIENTS] for begin in range(CLIENTS))))
    assert door.store is not None
    _drain(door.store)
    say(f"timing: the quotas of {number} addresses are used up")
    sample = _timed(door.port, {"limited": limited, "once": once, "never": never})
    say(f"timing: {len(sample.times)} requests compared by quota")
    return sample


def _timed(port: int, addresses: Mapping[str, Sequence[str]]) -> _Sample:
    order = [(label, request_for(address)) for label, found in addresses.items() for address in found]
    random.shuffle(order)
    with _no_collection():
        answers = one_by_one(port, [request for _, request in order])
    return _Sample([label for label, _ in order], answers.latencies, answers.statuses)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python's garbage collector from pausing this client during a request."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _drain(store: Store) -> None:
    wait_until(lambda: store.backlog() == 0, "the worker does not finish", DRAINED)


def _ended(store: Store, how: str) -> int:
    return int(str(store.client.hget(Key.METRICS, f"jobs_ended:{how}") or 0))
