"""The checks of Redis when a program starts."""

from collections.abc import Callable, Iterable
from typing import Any

from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisAway

from shared.connections.demotion import DEMOTED
from shared.connections.redis_client import connect
from shared.connections.redis_failures import CLUSTER, MIN_VERSION, NEEDED, explain_redis
from shared.log import get_logger
from shared.redis_keys import Key
from shared.settings.environment import SettingsError
from shared.settings.settings import RedisSettings

TIMEOUT = 2.0  # Seconds.

log = get_logger(__name__)


def check_redis(settings: RedisSettings, *attempts: Callable[[Redis], None]) -> None:
    """Refuse to start with an unsuitable Redis; warn if it may lose accepted jobs.

    A Redis that is down or refuses writes may come back, and one that refuses INFO may be suitable: all are accepted.

    attempts: what else the program will do with Redis, to be tried for the right to do it.

    Raises SettingsError.
    """
    url = settings.redis_url.get_secret_value()
    try:
        with connect(url, connect_timeout=TIMEOUT, timeout=TIMEOUT) as redis:
            redis.exists(*Key)
            _try_rights(redis, attempts)
            found = _info(redis)
    except DEMOTED as error:
        log.warning("redis_away", error=type(error).__name__, hint=explain_redis(error))
    except (NoPermissionError, AuthenticationError, ResponseError) as error:
        raise SettingsError([f"REDIS_URL: {explain_redis(error)}"]) from None
    except RedisError as error:
        log.warning("redis_away", error=type(error).__name__, hint="Waiting for Redis. If it runs, check REDIS_URL.")
    else:
        _check_kind(found)


def _try_rights(redis: Redis, attempts: Iterable[Callable[[Redis], None]]) -> None:
    """Run a script, and whatever else the program will do. The probes will tell of a refusal that may pass."""
    for attempt in (_run_script, *attempts):
        try:
            attempt(redis)
        except (NoPermissionError, RedisAway):
            raise
        except ResponseError as error:
            if "ACL failure" in str(error):
                raise
            log.warning("redis_refuses", error=type(error).__name__, hint=explain_redis(error))


def _run_script(redis: Redis) -> None:
    redis.eval("return redis.call('TIME')", 0)


def _info(redis: Redis) -> dict[str, Any]:
    try:
        found: dict[str, Any] = redis.info()
    except NoPermissionError:
        log.warning("redis_tells_nothing", hint="Allow INFO to the user in REDIS_URL, to watch its memory.")
        return {}
    return found


def _check_kind(found: dict[str, Any]) -> None:
    if not found:
        return
    version = str(found["redis_version"])
    if int(version.partition(".")[0]) < MIN_VERSION:
        raise SettingsError([f"REDIS_URL: this is Redis {version}. {NEEDED}"])
    if found.get("cluster_enabled"):
        raise SettingsError([f"REDIS_URL: {CLUSTER}"])
    if found["maxmemory_policy"] != "noeviction":
        log.warning("redis_may_evict", hint="Set maxmemory-policy noeviction, or a full Redis deletes accepted jobs.")
    if not found["maxmemory"]:
        log.warning("redis_unbounded", hint="Set maxmemory, or Redis may use up all memory.")
    if not found["aof_enabled"]:
        log.warning("redis_may_forget", hint="Set appendonly yes, or Redis loses jobs when it restarts.")
