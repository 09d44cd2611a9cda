"""A real PgBouncer in transaction pooling, as Debian packages it, before a PostgreSQL of the tests."""

import os
import pwd
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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


@contextmanager
def pgbouncer(database_url: str, folder: Path, connections: int = 2) -> Iterator[str]:
    """Run a PgBouncer with few connections to a database, and yield the address of the database behind it."""
    parts = conninfo_to_dict(database_url)
    port = free_port()
    config = folder / "pgbouncer.ini"
    config.write_text(_CONFIG.format(host=parts["host"], user=parts["user"], port=port, connections=connections))
    # It refuses to run as root. The tests' PostgreSQL does too, and has a user whom its socket lets in.
    owner = pwd.getpwuid(Path(str(parts["host"])).stat().st_uid) if os.geteuid() == 0 else None
    with config.open() as settings:
        process = subprocess.Popen(
            [str(PROGRAM), "--quiet", "/dev/stdin"],
            stdin=settings,
            stderr=subprocess.DEVNULL,
            user=owner and owner.pw_uid,
            group=owner and owner.pw_gid,
        )
    try:
        wait_until(lambda: _accepts(port), "PgBouncer does not start")
        yield f"postgresql://{parts['user']}@127.0.0.1:{port}/{parts['dbname']}"
    finally:
        process.terminate()
        process.wait(10)


def _accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
