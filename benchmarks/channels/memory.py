"""How much Redis's memory grows with each request, for addresses with an account and for others."""

import time
from dataclasses import dataclass

import redis

from benchmarks.channels.addresses import Fresh
from benchmarks.channels.stacks import Stack, Stacks
from tests.faults.run import say

PROCESSES = 2
WARM_UP = 50  # Requests that are not measured: they make what is made once.
AT_REST = 5.0  # Seconds after the last mail.


@dataclass(frozen=True)
class Growth:
    """What one request leaves in Redis once it is finished, for an address with an account and for one without."""

    known: float
    unknown: float
    known_keys: float
    unknown_keys: float


def growth(stacks: Stacks, number: int) -> Growth:
    """Let two equal services take this many requests, one for accounts only, the other for none."""
    pair = {known: stacks.start(f"growing-{known}", PROCESSES, 0.0) for known in (True, False)}
    stacks.warm()
    for known, stack in pair.items():
        _take(stack, stacks.fresh, WARM_UP, known=known)
    before = _kept(pair)
    for known, stack in pair.items():
        _take(stack, stacks.fresh, number, known=known)
    after = _kept(pair)
    kept, keys = ({known: (after[known][each] - before[known][each]) / number for known in pair} for each in (0, 1))
    found = Growth(kept[True], kept[False], keys[True], keys[False])
    say(f"Redis grows by {found.known:.0f} bytes a request for an account, else by {found.unknown:.0f}")
    return found


def _take(stack: Stack, fresh: Fresh, number: int, *, known: bool) -> None:
    """Let a service take requests, the last one for an account: its mail shows that the worker has come to all."""
    addresses = [fresh.one(known=known) for _ in range(number - 1)]
    last = fresh.one(known=True)
    stack.ask(*addresses, last)
    stack.wait_for([*(addresses if known else ()), last])


def _kept(pair: dict[bool, Stack]) -> dict[bool, tuple[int, int]]:
    """Return the bytes and the number of the keys in each Redis at rest.

    Not `used_memory`, whose buffers of connections and tables of keys come and go by more than the difference.
    """
    time.sleep(AT_REST)
    return {known: _bytes_and_keys(stack.store.client) for known, stack in pair.items()}


def _bytes_and_keys(client: redis.Redis) -> tuple[int, int]:
    keys = list(client.scan_iter(count=1000))
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.memory_usage(key, samples=0)
        # A key may have expired meanwhile.
        return sum(used or 0 for used in pipe.execute()), len(keys)
