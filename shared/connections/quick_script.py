"""Redis scripts, called with as little overhead as possible."""

import os
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisSlow

from shared.redis_keys import MICROSECONDS

NEVER = float("-inf")


class QuickScript:
    """Calls a script without redis-py's connection pool, retries and telemetry.

    These take half of a call's CPU time: 24 of 48 us. A bare socket takes 15 us.

    `free` holds the idle connections, each with the time of its last use. All scripts of one client share it. As in
    redis-py, a connection is checked before it is used, unless that was less than `trusted_for` seconds ago: a check
    costs as much as sending.

    The kernel enforces the timeout of a connection. If Python did, it would poll the socket before each send and read.
    Each poll releases the GIL, and the thread has to wait to get it back. With four threads, that took a tenth of the
    CPU of a request for a link. This needs hiredis: redis-py's own parser would set the socket's timeout again.
    """

    def __init__(self, redis: Redis, text: str, free: deque[Any], trusted_for: float = 0.0) -> None:
        self._script = redis.register_script(text)
        self._pool: Any = redis.connection_pool
        self._free = free
        self._trusted_for = trusted_for

    def __call__(self, args: Sequence[str | int]) -> Any:
        """Run the script.

        Raises RedisError.
        """
        connection, used_at = self._take()
        try:
            if not self._is_good(connection, rested=time.monotonic() - used_at >= self._trusted_for):
                connection.disconnect()
                connection.connect()
                _time_in_kernel(connection)
            connection.send_command("EVALSHA", self._script.sha, 0, *args)
            return connection.read_response()
        except NoScriptError:
            return self._script(args=args)
        except ResponseError:
            raise
        except BaseException as error:
            # The answer may still arrive, and the next command would take it for its own.
            connection.disconnect()
            if isinstance(error, RedisAway) and isinstance(error.__context__, BlockingIOError):  # The kernel's EAGAIN.
                raise RedisSlow from error
            raise
        finally:
            self._free.append((connection, time.monotonic()))

    def _take(self) -> tuple[Any, float]:
        """Return a connection and the time of its last use."""
        with suppress(IndexError):
            connection, used_at = self._free.pop()
            # Connections opened before a fork belong to the parent.
            if connection.pid == os.getpid():
                return connection, used_at
        connection = self._pool.get_connection()
        _time_in_kernel(connection)
        return connection, NEVER

    def _is_good(self, connection: Any, *, rested: bool) -> bool:
        """Tell whether the connection is to the current master and, if it has rested, whether it is still open."""
        try:
            ours = connection.is_connected and self._pool.owns_connection(connection)
            return ours and not (rested and connection.can_read())
        except (RedisError, OSError):
            return False


def _time_in_kernel(connection: Any) -> None:
    """Let the kernel enforce a connection's timeout (SO_RCVTIMEO, SO_SNDTIMEO) instead of Python.

    A TLS connection keeps Python's timeout: ssl would repeat forever a read that the kernel ended.
    """
    sock = connection._sock  # noqa: SLF001 - redis-py offers no other access.
    microseconds = int((connection.socket_timeout or 0) * MICROSECONDS)
    if microseconds and not isinstance(sock, ssl.SSLSocket):
        timeout = struct.pack("ll", *divmod(microseconds, MICROSECONDS))
        with suppress(OSError):  # If this kernel expects another format, Python's timeout stays.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
            sock.settimeout(None)
