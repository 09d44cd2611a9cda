"""A worker's heartbeat, and which of the workers sweeps."""

import secrets

from shared.connections.redis_memory import HISTORY_OFF_TIMEOUT
from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from worker.queue.consumer import worker_script

HEARTBEAT_TIMEOUT = 10  # Seconds for which a worker counts as alive after its last heartbeat.
SWEEPER_TIMEOUT = 3  # Seconds without a heartbeat after which another worker takes over sweeping.


class Heartbeat:
    """A worker's heartbeat: sent each second, and removed when the worker ends."""

    def __init__(self, outbox: Outbox) -> None:
        self._redis = outbox.redis
        self._script = worker_script(outbox, "heartbeat")
        self._worker = secrets.token_hex(8)

    def beat(self, *, memory_short: bool) -> bool:
        """Send the heartbeat, turn histories off if memory is short, and tell whether this worker sweeps."""
        history_off = HISTORY_OFF_TIMEOUT if memory_short else 0
        return bool(self._script(args=[self._worker, HEARTBEAT_TIMEOUT, SWEEPER_TIMEOUT, history_off]))

    def stop(self) -> None:
        """Remove the heartbeat. Any other worker sets it again within a second."""
        self._redis.delete(Key.HEARTBEAT)
