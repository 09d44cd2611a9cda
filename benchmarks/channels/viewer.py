"""What a viewer sees of single requests: the events of the tasks, as in Flower, and the memory of Redis."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from celery import Celery

from benchmarks.channels.addresses import Fresh
from benchmarks.channels.stacks import Stack
from benchmarks.figures import Estimate, auc

FEATURES = (
    "run time of the tasks",
    "from received to succeeded",
    "from the request to succeeded",
    "number of tasks",
    "growth of Redis's memory",
    "growth of Redis's number of keys",
)


class Viewer(threading.Thread):
    """Receives the events of all tasks, as Flower does."""

    def __init__(self, redis_url: str) -> None:
        super().__init__(daemon=True, name="viewer")
        self.events: list[Mapping[str, Any]] = []
        self._celery = Celery("viewer", broker=redis_url, set_as_current=False)
        self._receiver: Any = None
        self._hears = threading.Event()

    def run(self) -> None:
        """Receive until the viewer is closed."""
        with self._celery.connection_for_read() as connection:
            self._receiver = self._celery.events.Receiver(connection, handlers={"*": self._hear})
            self._receiver.capture(limit=None, timeout=None)

    def _hear(self, event: Mapping[str, Any]) -> None:
        self._hears.set()  # A worker tells every two seconds that it lives.
        if event["type"].startswith("task-"):
            self.events.append(event)

    def open(self) -> None:
        """Start, and wait for the first event. Raises TimeoutError."""
        self.start()
        if not self._hears.wait(30):
            raise TimeoutError("no events arrive")

    def close(self) -> None:
        """Stop receiving."""
        self._receiver.should_stop = True
        self.join()
        self._celery.close()


@dataclass(frozen=True)
class Look:
    """The state before a request: whether its address has an account, the time since 1970, Redis's bytes and keys."""

    known: bool
    at: float
    used: int
    keys: int


@dataclass(frozen=True)
class Seen:
    """What a viewer sees of single requests, and the seconds from those for accounts to their mails."""

    delay: float
    requests: int
    features: dict[str, Estimate]
    to_mail: list[float]


class Watched:
    """A service that gets single requests, at rest, while a viewer watches."""

    def __init__(self, stack: Stack, fresh: Fresh) -> None:
        self.stack = stack
        self._fresh = fresh
        self._asked: dict[str, float] = {}
        self._last: list[str] = []
        self._looks: list[Look] = []
        self._viewer = Viewer(stack.store.url)
        self._viewer.open()

    def experiment(self, *, known: bool) -> None:
        """Request a link for one address, once the last mail has arrived."""
        self.stack.wait_for(self._last)
        self._look(known=known)
        address = self._fresh.one(known=known)
        since = self.stack.ask(address)
        if known:
            self._asked[address] = since
            self._last = [address]

    def finish(self) -> None:
        """Wait for the last mails, and stop watching."""
        self.stack.wait_for(self._asked)
        self._look(known=False)
        self._viewer.close()

    def _look(self, *, known: bool) -> None:
        redis = self.stack.store.client
        self._looks.append(Look(known, time.time(), int(redis.info("memory")["used_memory"]), int(redis.dbsize())))

    def result(self) -> Seen:
        """Return what was seen."""
        arrivals = self.stack.relay.arrivals()
        to_mail = [arrivals.get(address, inf) - since for address, since in self._asked.items()]
        return Seen(self.stack.delay, len(self._looks) - 1, self._estimates(), to_mail)

    def _estimates(self) -> dict[str, Estimate]:
        """Return for each feature how well it tells whether the address of a request has an account."""
        seen = [features(self._viewer.events, *looks) for looks in zip(self._looks, self._looks[1:], strict=False)]
        known = [look.known for look in self._looks[:-1]]

        def of(feature: str, label: bool) -> list[float]:  # noqa: FBT001 - not an option, but the class
            return [each[feature] for each, own in zip(seen, known, strict=True) if own is label]

        return {feature: auc(of(feature, False), of(feature, True)) for feature in FEATURES}  # noqa: FBT003 - the same


def features(events: Sequence[Mapping[str, Any]], before: Look, after: Look) -> dict[str, float]:
    """Return what a viewer sees from one request to the next; 0 for the times of tasks that nobody sees."""
    tasks: dict[str, dict[str, Mapping[str, Any]]] = {}
    for event in events:
        if before.at <= event["timestamp"] < after.at:
            tasks.setdefault(event["uuid"], {})[event["type"]] = event
    ended = [task for task in tasks.values() if "task-succeeded" in task]
    whole = [task for task in ended if "task-received" in task]
    last = max((task["task-succeeded"]["timestamp"] for task in ended), default=before.at)
    spans = [task["task-succeeded"]["timestamp"] - task["task-received"]["timestamp"] for task in whole]
    figures = (
        sum(task["task-succeeded"]["runtime"] for task in ended),
        max(spans, default=0.0),
        last - before.at,
        float(len(tasks)),
        float(after.used - before.used),
        float(after.keys - before.keys),
    )
    return dict(zip(FEATURES, figures, strict=True))
