"""The Celery app for Flower: `celery --app worker.flower flower`. It needs REDIS_URL; WORKER_EVENTS counts here too.

Flower's own settings are environment variables (FLOWER_...). Where they are not given, it shows and does not steer, and
listens on this machine alone: /metrics and /healthcheck answer without a password.
"""

import os
from collections.abc import Iterable
from typing import Any

from celery import Celery
from flower.utils import broker
from redis.asyncio.sentinel import Sentinel

from shared.settings.redis_url import SentinelAddress
from shared.settings.settings import RedisSettings
from worker.queue.celery_settings import celery_settings


def _app() -> Celery:
    os.environ.setdefault("FLOWER_ADDRESS", "127.0.0.1")
    os.environ.setdefault("FLOWER_READ_ONLY", "true")
    # Flower turns task events on in every worker, for good, unless it is told not to before it starts.
    os.environ.setdefault("FLOWER_ENABLE_EVENTS", os.environ.get("WORKER_EVENTS") or "true")
    redis_url = RedisSettings.load().redis_url.get_secret_value()
    broker.RedisBase.queues = _count_messages
    address = SentinelAddress.parse(redis_url)
    if address is not None:
        _measure_queues_through(address)
    celery = Celery("latchkey")
    celery.conf.update(celery_settings(redis_url))
    return celery


async def _count_messages(self: broker.RedisBase, names: Iterable[str]) -> list[dict[str, Any]]:
    """Count the messages of each queue, outside MULTI, in which a full Redis before 7.4 answers no question."""
    try:
        return [{"name": name, "messages": await self.redis.llen(name)} for name in names]
    finally:
        # Flower makes a new client for each page.
        await self.redis.aclose()


def _measure_queues_through(address: SentinelAddress) -> None:
    """Let Flower ask all sentinels for the queue: its own class asks the first alone, and looks into database 0."""

    class AllSentinels(broker.RedisBase):
        def __init__(self, _url: str, **options: Any) -> None:
            super().__init__("", **options)
            sentinels = Sentinel(address.sentinels, sentinel_kwargs=address.sentinel_options())  # type: ignore[no-untyped-call]
            self.redis = sentinels.master_for(
                address.name,
                username=address.username,
                password=address.password,
                db=address.db,
                socket_connect_timeout=self.socket_connect_timeout,
                socket_timeout=self.socket_timeout,
            )
            self._sentinels = sentinels.sentinels

        async def queues(self, names: Iterable[str]) -> list[dict[str, Any]]:
            """Count the messages, and close the connections to the sentinels."""
            try:
                return list(await super().queues(names))
            finally:
                for sentinel in self._sentinels:
                    await sentinel.aclose()

    broker.RedisSentinel = AllSentinels


app = _app()
