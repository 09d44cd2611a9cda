"""A Redis script on the shortest way."""

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
    """Calls a script without redis-py's lending of connections, its retrying and its telemetry.

    These are half of the CPU time of a call: 24 us are left of 48, where a bare socket takes 15. Connections are kept
    in `free`, which the scripts of one client share, each with the time when it was put there. One is looked at before
    it is used, as redis-py does, unless that was less than `trusted_for` seconds ago: a look takes as long as sending.

    The kernel ends what takes longer than the client's timeout. With a timeout of its own, Python would poll the socket
    before each sending and reading, and let another thread in each time, which keeps this one waiting: with four
    threads, a tenth of the CPU of a request for a link. hiredis leaves the socket so; redis-py's parser would not.
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
            # Its answer may come yet, and would be taken for the next one's.
            connection.disconnect()
            if isinstance(error, RedisAway) and isinstance(error.__context__, BlockingIOError):  # The kernel's EAGAIN.
                raise RedisSlow from error
            raise
        finally:
            self._free.append((connection, time.monotonic()))

    def _take(self) -> tuple[Any, float]:
        """Return a connection and when it was used last."""
        with suppress(IndexError):
            connection, used_at = self._free.pop()
            # One of before a fork is the parent's.
            if connection.pid == os.getpid():
                return connection, used_at
        connection = self._pool.get_connection()
        _time_in_kernel(connection)
        return connection, NEVER

    def _is_good(self, connection: Any, *, rested: bool) -> bool:
        """Tell whether the connection is open still, if it has rested, and to the present master behind sentinels."""
        try:
            ours = connection.is_connected and self._pool.owns_connection(connection)
            return ours and not (rested and connection.can_read())
        except (RedisError, OSError):
            return False


def _time_in_kernel(connection: Any) -> None:
    """Hand the timeout of a connection to the kernel.

    Not with TLS: ssl would repeat a reading that the kernel ended, for ever.
    """
    sock = connection._sock  # noqa: SLF001 - redis-py has no other way to it.
    microseconds = int((connection.socket_timeout or 0) * MICROSECONDS)
    if microseconds and not isinstance(sock, ssl.SSLSocket):
        timeout = struct.pack("ll", *divmod(microseconds, MICROSECONDS))
        with suppress(OSError):  # Where the kernel wants another form of it, Python's stays.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
            sock.settimeout(None)
