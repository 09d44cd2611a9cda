"""The worker's connection to the queue: it reconnects within a second, even to a full Redis, and hides passwords."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from kombu import Connection
from kombu.transport.redis import REFRESH_BINDING, Channel, SentinelChannel, SentinelTransport
from redis import Redis

from shared.connections.demotion import MasterConnection, MasterSSLConnection
from shared.connections.redis_memory import ALLOW_FULL
from worker.ops.pulse import PULSE

# Seconds. Celery's own are 2, 4, ... 30 and cannot be set: after a minute's outage it could wait half a minute more.
QUICK = {"interval_start": 0.2, "interval_step": 0.2, "interval_max": 1.0}


class PlainClient(Redis):
    """A client whose pipelines are not transactions.

    A full Redis before 7.4 refuses every command inside MULTI, even one that only reads or deletes.
    """

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Any:  # noqa: FBT001, FBT002 - redis-py's signature
        """Send several commands in one go, outside MULTI unless the caller asks for it."""
        return super().pipeline(transaction, shard_hint)


class DrainingChannel(Channel):
    """kombu's channel, which can connect to a full Redis.

    When a worker connects, it counts the messages in the queue and registers for remote control, and it repeats the
    latter every 20 minutes. A full Redis refused both, so Celery reconnected forever and took no messages. The
    registration is a single line, so Redis may store it even if it is full.
    """

    connection_class: Any = MasterConnection
    connection_class_ssl: Any = MasterSSLConnection

    def _get_client(self) -> type[Redis]:
        super()._get_client()  # type: ignore[no-untyped-call] # It checks redis-py's version.
        return PlainClient

    @cached_property
    def _refresh_binding(self) -> Any:
        return self._create_client().register_script(ALLOW_FULL + REFRESH_BINDING)  # type: ignore[no-untyped-call]


class DrainingSentinelChannel(DrainingChannel, SentinelChannel):
    """The same channel, behind sentinels, whose connections ask them for the master."""

    connection_class: Any = SentinelChannel.connection_class
    connection_class_ssl: Any = SentinelChannel.connection_class_ssl


class QuickConnection(Connection):
    """kombu's connection, with short waits between its attempts to reconnect."""

    def ensure_connection(self, *arguments: Any, callback: Callable[[], None] | None = None, **options: Any) -> Any:
        """Connect, retrying until it works."""

        def turn() -> None:
            PULSE.turn()
            if callback:
                callback()

        PULSE.turn()
        return super().ensure_connection(*arguments, callback=turn, **(QUICK | options))  # type: ignore[no-untyped-call]

    def create_transport(self) -> Any:
        """Make the transport for the address, with our channels."""
        transport = super().create_transport()  # type: ignore[no-untyped-call]
        sentinels = isinstance(transport, SentinelTransport)
        transport.Channel = DrainingSentinelChannel if sentinels else DrainingChannel
        return transport

    def info(self) -> dict[str, Any]:
        """Return what Flower and `celery inspect stats` show, without the options, which hold a password."""
        told: dict[str, Any] = super().info()  # type: ignore[no-untyped-call]
        del told["transport_options"]
        return told
