"""A worker's heartbeat, what it tells about itself, and which of the workers sweeps."""

import json
import os
import secrets
import socket
from collections.abc import Mapping

from shared.connections.redis_memory import HISTORY_OFF_TIMEOUT
from shared.outbox.outbox import Outbox
from shared.probes import TAKE_JOBS
from shared.redis_keys import Key
from worker.queue.consumer import worker_script

HEARTBEAT_TIMEOUT = 10  # Seconds for which a worker counts as alive after its last heartbeat.
SWEEPER_TIMEOUT = 3  # Seconds without a heartbeat after which another worker takes over sweeping.


class Heartbeat:
    """A worker's heartbeat: sent each second, and removed when the worker ends."""

    def __init__(self, outbox: Outbox) -> None:
        self._redis = outbox.redis
        self._script = worker_script(outbox, "heartbeat")
        # Its machine and process, for people; the rest because containers may share both.
        self._worker = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"

    def beat(self, failures: Mapping[str, str], *, memory_short: bool) -> bool:
        """Send the heartbeat, turn histories off if memory is short, and tell whether this worker sweeps.

        failures: a sentence for each probe of the worker that fails. A worker that takes no jobs may
        sweep, but is not counted as alive.
        """
        history_off = HISTORY_OFF_TIMEOUT if memory_short else 0
        args: list[str | int] = [self._worker, HEARTBEAT_TIMEOUT, SWEEPER_TIMEOUT, history_off]
        return bool(self._script(args=[*args, int(TAKE_JOBS not in failures), json.dumps(dict(failures))]))

    def stop(self) -> None:
        """Remove the heartbeat. Any other worker sets it again within a second."""
        self._redis.delete(Key.HEARTBEAT)
        self._redis.hdel(Key.WORKERS, self._worker)
