"""The worker's connection to the queue: back within a second after Redis is."""

from typing import Any

from kombu import Connection

# Seconds. Celery's own are 2, 4, ... 30, and not to be set: after a minute's outage it could sleep half a minute more.
QUICK = {"interval_start": 0.2, "interval_step": 0.2, "interval_max": 1.0}


class QuickConnection(Connection):
    """kombu's connection, with short waits between its attempts to reconnect."""

    def ensure_connection(self, *arguments: Any, **options: Any) -> Any:
        """Connect, trying until it works."""
        return super().ensure_connection(*arguments, **(QUICK | options))  # type: ignore[no-untyped-call]
