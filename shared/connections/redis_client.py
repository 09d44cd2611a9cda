"""The Redis client that each program holds: of one server, or of whichever server the sentinels call master."""

from copy import copy
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry
from redis.sentinel import Sentinel

from shared.settings.redis_url import SentinelAddress

MAX_CONNECTIONS = 10_000


def connect(url: str, *, connect_timeout: float, timeout: float) -> Redis:
    """Return a client that opens its connections when they are needed; times in seconds.

    redis-py 8 retries by itself by default, which turns a bound of 0.2 s into one of many seconds.
    """
    options: dict[str, Any] = {
        "decode_responses": True,
        "socket_connect_timeout": connect_timeout,
        "socket_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
        # As many as there are threads that ask; redis-py's own 100 would refuse the next one for good.
        "max_connections": MAX_CONNECTIONS,
        # Asked for at every connect, and known to Redis Enterprise alone.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    address = SentinelAddress.parse(url)
    if address is None:
        return Redis.from_url(url, **options)
    # redis-py has no types for Sentinel yet.
    sentinels = Sentinels(address.sentinels, sentinel_kwargs=address.sentinel_options(connect_timeout))  # type: ignore[no-untyped-call]
    login = {"username": address.username, "password": address.password, "db": address.db}
    client: Redis = sentinels.master_for(address.name, **login, **options)  # type: ignore[no-untyped-call]
    return client


class Sentinels(Sentinel):
    """The sentinels, asked in turn for the master at every connect; who answered last is asked first."""

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """Ask on a list of this call's own.

        redis-py swaps places in the one list of all threads, where two at once can overwrite one sentinel with another.
        """
        mine = copy(self)
        mine.sentinels = list(self.sentinels)
        address: tuple[str, int] = Sentinel.discover_master(mine, service_name)  # type: ignore[no-untyped-call]
        self.sentinels = mine.sentinels
        return address
