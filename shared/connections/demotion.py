"""Connections that are closed once their server has stopped being the master.

A failover behind one name (a managed Redis, a TCP proxy) leaves the connections to the old master open, where every
write is refused forever. Only a new connection reaches the new master. redis-py closes such a connection only behind
Sentinel.
"""

from typing import Any

from redis import Connection, SSLConnection
from redis.exceptions import BusyLoadingError, MasterDownError, ReadOnlyError

DEMOTED = (ReadOnlyError, MasterDownError, BusyLoadingError)
"""The errors of a server that is not the master, or that is still loading its data."""


class MasterConnection(Connection):
    """A connection that closes itself if the server is not the master."""

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        """Read an answer."""
        try:
            return super().read_response(*arguments, **options)
        except DEMOTED:
            self.disconnect()  # type: ignore[no-untyped-call]
            raise


class MasterSSLConnection(MasterConnection, SSLConnection):
    """The same, with TLS."""
