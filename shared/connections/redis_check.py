"""What a program asks of Redis when it starts."""

from typing import Any

from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from shared.connections.redis_client import connect
from shared.log import get_logger
from shared.redis_keys import Key
from shared.settings.environment import SettingsError
from shared.settings.settings import RedisSettings

TIMEOUT = 2.0  # Seconds.
MIN_VERSION = 7  # EXPIRE ... NX and the flags of scripts.
NEEDED = f"Latchkey needs Redis {MIN_VERSION} or later, or Valkey."

log = get_logger(__name__)


def check_redis(settings: RedisSettings) -> None:
    """End the start where this Redis will never do; warn where it may lose what was accepted.

    A Redis that is away may come back, and one that tells nothing may do: both are passed over.

    Raises SettingsError.
    """
    url = settings.redis_url.get_secret_value()
    try:
        with connect(url, connect_timeout=TIMEOUT, timeout=TIMEOUT) as redis:
            _check_keys(redis)
            found: dict[str, Any] = redis.info()
    except NoPermissionError:
        log.warning("redis_tells_nothing", hint="Allow INFO to the user in REDIS_URL, or its limit cannot be minded.")
        return
    except (AuthenticationError, ResponseError) as error:
        raise SettingsError([f"REDIS_URL: {refusal(error)}"]) from None
    except RedisError as error:
        log.warning("redis_away", error=type(error).__name__, hint="It is waited for. Look at REDIS_URL if it runs.")
        return
    _check_kind(found)


def _check_keys(redis: Redis) -> None:
    """Ask for each key: a script that may not use them all would stop half-way."""
    try:
        redis.exists(*Key)
    except NoPermissionError:
        raise SettingsError(["REDIS_URL: its user may not use all keys. Allow it `~*`, and EXISTS."]) from None


def refusal(error: RedisError) -> str:
    """Say why Redis refuses us, and not in its own words: an old one repeats the password."""
    text = str(error).lower()
    if isinstance(error, AuthenticationError):
        return "Redis refuses its user or password."
    if "out of range" in text:
        return "Redis has no database of this number."
    if "unknown command" in text:
        return f"this Redis is too old. {NEEDED}"
    return f"Redis refuses it ({type(error).__name__}). Its own log says more."


def _check_kind(found: dict[str, Any]) -> None:
    version = str(found["redis_version"])
    if int(version.partition(".")[0]) < MIN_VERSION:
        raise SettingsError([f"REDIS_URL: this is Redis {version}. {NEEDED}"])
    if found.get("cluster_enabled"):
        raise SettingsError(
            ["REDIS_URL: this is Redis Cluster, which Celery does not know. Use one server, or Sentinel."]
        )
    if found["maxmemory_policy"] != "noeviction":
        log.warning(
            "redis_may_evict", hint="Set maxmemory-policy noeviction, or a full Redis forgets what was accepted."
        )
    if not found["maxmemory"]:
        log.warning("redis_unbounded", hint="Set maxmemory, or Redis takes all memory that there is.")
    if not found["aof_enabled"]:
        log.warning("redis_may_forget", hint="Set appendonly yes, or a Redis that restarts forgets jobs.")
