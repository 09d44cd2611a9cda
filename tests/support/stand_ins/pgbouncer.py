"""A real PgBouncer in transaction pooling, as Debian packages it, before a PostgreSQL of the tests."""

import os
import pwd
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

from psycopg.conninfo import conninfo_to_dict

from tests.support.servers import free_port, wait_until

PROGRAM = Path("/usr/sbin/pgbouncer")

_CONFIG = """
[databases]
* = host={host} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
"""


class PgBouncer:
    """A pooler with few connections to a database; `url` is the address of the database behind it."""

    def __init__(self, database_url: str, folder: Path, connections: int = 2) -> None:
        parts = conninfo_to_dict(database_url)
        self._port = free_port()
        self.url = f"postgresql://{parts['user']}@127.0.0.1:{self._port}/{parts['dbname']}"
        self._config = _CONFIG.format(
            host=parts["host"], user=parts["user"], port=self._port, connections=connections
        ).encode()
        self._file = folder / "pgbouncer.ini"
        self._process: subprocess.Popen[bytes] | None = None
        # It refuses to run as root. The tests' PostgreSQL does too, and has a user whom its socket lets in.
        self._owner = pwd.getpwuid(Path(str(parts["host"])).stat().st_uid) if os.geteuid() == 0 else None

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self._file.write_bytes(self._config)
        owner = self._owner
        with self._file.open() as settings:
            self._process = subprocess.Popen(
                [str(PROGRAM), "--quiet", "/dev/stdin"],
                stdin=settings,
                stderr=subprocess.DEVNULL,
                user=owner and owner.pw_uid,
                group=owner and owner.pw_gid,
            )
        wait_until(self._accepts, "PgBouncer does not start")

    def stop(self) -> None:
        """End it at once, with all connections."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accepts(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
            return True
        return False
