"""The Redis client of each program: for one server, or for the master that the sentinels name."""

from copy import copy
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry
from redis.sentinel import Sentinel

from shared.connections.demotion import MasterConnection, MasterSSLConnection
from shared.settings.redis_url import SentinelAddress

MAX_CONNECTIONS = 10_000


def connect(url: str, *, connect_timeout: float, timeout: float) -> Redis:
    """Return a client that connects when it is needed; times in seconds.

    It does not retry: by default redis-py 8 does, which turns a bound of 0.2 s into one of many seconds.
    """
    options: dict[str, Any] = {
        "decode_responses": True,
        # What is not UTF-8, nobody here has written; a command that shows it must not fail.
        "encoding_errors": "backslashreplace",
        "socket_connect_timeout": connect_timeout,
        "socket_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
        # Enough for every thread: beyond redis-py's default of 100, others would fail.
        "max_connections": MAX_CONNECTIONS,
        # redis-py asks for these at every connect, but only Redis Enterprise knows them.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    address = SentinelAddress.parse(url)
    if address is None:
        client = Redis.from_url(url, **options)
        tls = url.startswith("rediss://")
        client.connection_pool.connection_class = MasterSSLConnection if tls else MasterConnection
        return client
    # redis-py has no types for Sentinel yet.
    sentinels = Sentinels(address.sentinels, sentinel_kwargs=address.sentinel_options(connect_timeout))  # type: ignore[no-untyped-call]
    login = {"username": address.username, "password": address.password, "db": address.db}
    master: Redis = sentinels.master_for(address.name, **login, **options)  # type: ignore[no-untyped-call]
    return master


class Sentinels(Sentinel):
    """The sentinels, asked in turn for the master at every connect, starting with the last that answered."""

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """Ask for the master with a copy of the list of sentinels.

        redis-py reorders the list, which all threads share: two at once could overwrite one sentinel with another.
        """
        mine = copy(self)
        mine.sentinels = list(self.sentinels)
        address: tuple[str, int] = Sentinel.discover_master(mine, service_name)  # type: ignore[no-untyped-call]
        self.sentinels = mine.sentinels
        return address
