"""What a program asks of Redis when it starts."""

from typing import Any

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from shared.environment import SettingsError
from shared.log import get_logger
from shared.redis_client import connect
from shared.settings import RedisSettings

TIMEOUT = 2.0  # Seconds.
OLDEST = 7  # EXPIRE ... NX and the flags of scripts.

log = get_logger(__name__)


def check_redis(settings: RedisSettings) -> None:
    """End the start where this Redis will never do; warn where it may lose what was accepted.

    A Redis that is away may come back, and one that tells nothing may do: both are passed over.

    Raises SettingsError.
    """
    url = settings.redis_url.get_secret_value()
    try:
        with connect(url, connect_timeout=TIMEOUT, timeout=TIMEOUT) as redis:
            found: dict[str, Any] = redis.info()
    except AuthenticationError:
        raise SettingsError(["REDIS_URL: Redis refuses its user or password."]) from None
    except NoPermissionError:
        log.warning("redis_tells_nothing", cure="Allow INFO to the user in REDIS_URL, or its limit cannot be minded.")
        return
    except ResponseError as error:
        raise SettingsError([f"REDIS_URL: Redis refuses it ({error})."]) from None
    except RedisError as error:
        log.warning("redis_away", error=type(error).__name__, cure="It is waited for. Look at REDIS_URL if it runs.")
        return
    version = str(found["redis_version"])
    if int(version.partition(".")[0]) < OLDEST:
        raise SettingsError([f"REDIS_URL: this is Redis {version}. Latchkey needs Redis {OLDEST} or later, or Valkey."])
    if found["maxmemory_policy"] != "noeviction":
        log.warning(
            "redis_may_evict", cure="Set maxmemory-policy noeviction, or a full Redis forgets what was accepted."
        )
    if not found["aof_enabled"]:
        log.warning("redis_may_forget", cure="Set appendonly yes, or a Redis that restarts forgets jobs.")
