"""The Celery app for Flower: `celery --app worker.flower flower`. It needs REDIS_URL, and also reads WORKER_EVENTS.

Flower's own settings are environment variables (FLOWER_...). By default it is read-only and listens only on this
machine, because /metrics and /healthcheck answer without a password.
"""

import os
from collections.abc import Iterable
from functools import partial
from typing import Any

from celery import Celery
from flower.utils import broker
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from shared.settings.redis_url import SentinelAddress
from shared.settings.service_links import service_links
from shared.settings.settings import RedisSettings
from worker.flower_login import protect_login
from worker.queue.celery_settings import celery_settings


def _app() -> Celery:
    # Flower would take the port of a Service called flower (FLOWER_PORT=tcp://...) for its own, and end.
    for name in service_links(os.environ):
        del os.environ[name]
    os.environ.setdefault("FLOWER_ADDRESS", "127.0.0.1")
    os.environ.setdefault("FLOWER_READ_ONLY", "true")
    # Unless this is false when it starts, Flower permanently turns on task events in every worker.
    os.environ.setdefault("FLOWER_ENABLE_EVENTS", os.environ.get("WORKER_EVENTS") or "true")
    protect_login()
    redis_url = RedisSettings.load().redis_url.get_secret_value()
    broker.RedisBase.queues = _count_messages
    if address := SentinelAddress.parse(redis_url):
        broker.RedisSentinel = partial(_behind_sentinels, address)
    else:
        broker.Redis = broker.RedisSsl = partial(_directly, redis_url)
    celery = Celery("latchkey")
    celery.conf.update(celery_settings(redis_url))
    return celery


async def _count_messages(self: broker.RedisBase, names: Iterable[str]) -> list[dict[str, Any]]:
    """Count the messages of each queue, outside MULTI, in which a full Redis before 7.4 refuses every command."""
    try:
        return [{"name": name, "messages": await self.redis.llen(name)} for name in names]
    finally:
        # Flower creates new clients for each page.
        for client in (self.redis, *getattr(self, "sentinels", ())):
            await client.aclose()


def _directly(url: str, _url: str, **options: Any) -> broker.RedisBase:
    """Let Flower ask for the queue with all of the address: its own classes drop its parameters, as for TLS."""
    measured = broker.RedisBase("", **options)
    measured.redis = Redis.from_url(
        url,
        socket_connect_timeout=measured.socket_connect_timeout,
        socket_timeout=measured.socket_timeout,
        retry=Retry(NoBackoff(), 0),
    )
    return measured


def _behind_sentinels(address: SentinelAddress, _url: str, **options: Any) -> broker.RedisBase:
    """Let Flower ask all sentinels for the queue: its own class asks only the first one, and reads database 0."""
    measured = broker.RedisBase("", **options)
    sentinels = Sentinel(address.sentinels, sentinel_kwargs=address.sentinel_options())  # type: ignore[no-untyped-call]
    measured.sentinels = sentinels.sentinels
    measured.redis = sentinels.master_for(
        address.name,
        username=address.username,
        password=address.password,
        db=address.db,
        socket_connect_timeout=measured.socket_connect_timeout,
        socket_timeout=measured.socket_timeout,
    )
    return measured


app = _app()
