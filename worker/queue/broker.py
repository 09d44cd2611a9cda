"""The worker's connection to the queue: back within a second after Redis is, full or not; and it tells no password."""

from functools import cached_property
from typing import Any

from kombu import Connection
from kombu.transport.redis import REFRESH_BINDING, Channel, SentinelChannel, SentinelTransport
from redis import Redis

from shared.connections.redis_memory import ALLOW_FULL

# Seconds. Celery's own are 2, 4, ... 30, and not to be set: after a minute's outage it could sleep half a minute more.
QUICK = {"interval_start": 0.2, "interval_step": 0.2, "interval_max": 1.0}


class PlainClient(Redis):
    """A client whose pipelines are not transactions.

    A full Redis before 7.4 refuses every command inside MULTI, even one that only reads or deletes.
    """

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Any:  # noqa: FBT001, FBT002 - redis-py's signature
        """Send several commands in one go, outside MULTI unless the caller asks for it."""
        return super().pipeline(transaction, shard_hint)


class DrainingChannel(Channel):
    """kombu's channel, able to connect to a full Redis.

    A worker that connects counts the messages in the queue, and writes down that it listens for remote control. It
    repeats the latter every 20 minutes. A full Redis refused both, so Celery reconnected for ever and took no message.
    What a worker writes is one line: Redis may take it, full or not.
    """

    def _get_client(self) -> type[Redis]:
        super()._get_client()  # type: ignore[no-untyped-call] # It checks redis-py's version.
        return PlainClient

    @cached_property
    def _refresh_binding(self) -> Any:
        return self._create_client().register_script(ALLOW_FULL + REFRESH_BINDING)  # type: ignore[no-untyped-call]


class DrainingSentinelChannel(DrainingChannel, SentinelChannel):
    """The same behind sentinels."""


class QuickConnection(Connection):
    """kombu's connection, with short waits between its attempts to reconnect."""

    def ensure_connection(self, *arguments: Any, **options: Any) -> Any:
        """Connect, trying until it works."""
        return super().ensure_connection(*arguments, **(QUICK | options))  # type: ignore[no-untyped-call]

    def create_transport(self) -> Any:
        """Make the transport that the address asks for, with channels of ours."""
        transport = super().create_transport()  # type: ignore[no-untyped-call]
        sentinels = isinstance(transport, SentinelTransport)
        transport.Channel = DrainingSentinelChannel if sentinels else DrainingChannel
        return transport

    def info(self) -> dict[str, Any]:
        """Return what Flower and `celery inspect stats` show, less the options: they hold the sentinels' password."""
        told: dict[str, Any] = super().info()  # type: ignore[no-untyped-call]
        del told["transport_options"]
        return told
