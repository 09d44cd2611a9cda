"""Explain what Redis answers in a sentence with a cure.

Redis's own text is not repeated: versions before 6 put the password into the answer to a wrong log-in.
"""

import re

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow

MIN_VERSION = 7  # For EXPIRE ... NX and script flags.
NEEDED = f"Latchkey needs Redis {MIN_VERSION} or later, or Valkey."
CLUSTER = "This is Redis Cluster, which Celery does not support. Use one server, or Sentinel."
_COMMAND = re.compile(r"'([\w|]{1,30})' command")

# Before their base classes: redis-py has most of these as kinds of ResponseError or ConnectionError.
_KINDS: dict[type[RedisError], str] = {
    AuthenticationError: "Redis refuses its user or password. Check REDIS_URL.",
    OutOfMemoryError: "Redis is full and refuses writes. Give it more maxmemory.",
    ReadOnlyError: "This Redis is a replica and refuses writes. Let REDIS_URL name the master.",
    BusyLoadingError: "Redis is loading its data. Wait until it has.",
    MasterDownError: "This Redis is a replica that has lost its master. Let REDIS_URL name the master.",
    RedisSlow: "Redis did not answer in time. Check its load, and the network to it.",
    RedisAway: "Redis cannot be reached. Check REDIS_URL, and that Redis is running.",
}
# The beginnings of answers that redis-py has no class for.
_CODES = {
    "MISCONF": "Redis cannot write to its disk and refuses writes. Free space on the disk; Redis's log says more.",
    "NOREPLICAS": "Redis refuses writes because too few replicas follow it (min-replicas-to-write).",
    "BUSY": "A long script blocks Redis. Wait until it ends, or stop it with SCRIPT KILL.",
    "CLUSTERDOWN": CLUSTER,
    "MOVED": CLUSTER,
}


def explain_redis(error: RedisError) -> str:
    """Return why Redis refused or failed, and what to do about it."""
    text = str(error)
    if isinstance(error, NoPermissionError) or "ACL failure" in text:
        return _missing_right(text)
    if found := next((sentence for kind, sentence in _KINDS.items() if isinstance(error, kind)), ""):
        return found
    code = text.partition(" ")[0]
    if code in _CODES:
        return _CODES[code]
    if "out of range" in text.lower():
        return "Redis has no database of this number. Check the end of REDIS_URL."
    if "unknown command" in text.lower():
        return f"This Redis is too old. {NEEDED}"
    return f"Redis refused a command ({type(error).__name__}). Its own log says more."


def _missing_right(text: str) -> str:
    """Name the right that the user in REDIS_URL lacks."""
    if "channel" in text.lower():
        return "Redis allows its user no channels, which Celery needs. Allow them: ACL SETUSER NAME allchannels."
    if command := _COMMAND.search(text):
        name = command[1].upper()
        return f"Redis does not allow its user the command {name}. Allow it: ACL SETUSER NAME allcommands."
    return "Redis does not allow its user all keys. Allow them: ACL SETUSER NAME allkeys."
