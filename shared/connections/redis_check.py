"""The checks of Redis when a program starts."""

from typing import Any

from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from shared.connections.redis_client import connect
from shared.connections.redis_failures import MIN_VERSION, NEEDED, explain_redis
from shared.log import get_logger
from shared.redis_keys import Key
from shared.settings.environment import SettingsError
from shared.settings.settings import RedisSettings

TIMEOUT = 2.0  # Seconds.

log = get_logger(__name__)


def check_redis(settings: RedisSettings) -> None:
    """Refuse to start with an unsuitable Redis; warn if it may lose accepted jobs.

    A Redis that is down may come back, and one that refuses INFO may be suitable: both are accepted.

    Raises SettingsError.
    """
    url = settings.redis_url.get_secret_value()
    try:
        with connect(url, connect_timeout=TIMEOUT, timeout=TIMEOUT) as redis:
            _check_keys(redis)
            found: dict[str, Any] = redis.info()
    except NoPermissionError:
        log.warning("redis_tells_nothing", hint="Allow INFO to the user in REDIS_URL, to watch its memory.")
        return
    except (AuthenticationError, ResponseError) as error:
        raise SettingsError([f"REDIS_URL: {explain_redis(error)}"]) from None
    except RedisError as error:
        log.warning("redis_away", error=type(error).__name__, hint="Waiting for Redis. If it runs, check REDIS_URL.")
        return
    _check_kind(found)


def _check_keys(redis: Redis) -> None:
    """Test access to every key: without it, a script would stop half-way."""
    try:
        redis.exists(*Key)
    except NoPermissionError:
        raise SettingsError(["REDIS_URL: its user may not use all keys. Allow it `~*`, and EXISTS."]) from None


def _check_kind(found: dict[str, Any]) -> None:
    version = str(found["redis_version"])
    if int(version.partition(".")[0]) < MIN_VERSION:
        raise SettingsError([f"REDIS_URL: this is Redis {version}. {NEEDED}"])
    if found.get("cluster_enabled"):
        raise SettingsError(
            ["REDIS_URL: this is Redis Cluster, which Celery does not support. Use one server, or Sentinel."]
        )
    if found["maxmemory_policy"] != "noeviction":
        log.warning("redis_may_evict", hint="Set maxmemory-policy noeviction, or a full Redis deletes accepted jobs.")
    if not found["maxmemory"]:
        log.warning("redis_unbounded", hint="Set maxmemory, or Redis may use up all memory.")
    if not found["aof_enabled"]:
        log.warning("redis_may_forget", hint="Set appendonly yes, or Redis loses jobs when it restarts.")
