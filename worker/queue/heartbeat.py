"""A worker's sign of life, and which of the workers sweeps."""

import secrets

from shared.connections.redis_memory import HISTORY_OFF_TIMEOUT
from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from worker.queue.consumer import worker_script

HEARTBEAT_TIMEOUT = 10  # Seconds that a worker counts as alive after its last sign.
SWEEPER_TIMEOUT = 3  # Seconds after which another worker sweeps if the one that did gives no sign.


class Heartbeat:
    """What a worker gives each second, and takes back in the end."""

    def __init__(self, outbox: Outbox) -> None:
        self._redis = outbox.redis
        self._script = worker_script(outbox, "heartbeat")
        self._worker = secrets.token_hex(8)

    def beat(self, *, memory_short: bool) -> bool:
        """Show that a worker lives, and switch histories off where memory is short; tell whether this worker sweeps."""
        history_off = HISTORY_OFF_TIMEOUT if memory_short else 0
        return bool(self._script(args=[self._worker, HEARTBEAT_TIMEOUT, SWEEPER_TIMEOUT, history_off]))

    def stop(self) -> None:
        """Take the sign away. Another worker sets it again within a second."""
        self._redis.delete(Key.HEARTBEAT)
