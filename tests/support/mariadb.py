"""A MariaDB of a test's own, from Debian's mariadb-server-core, on a free port and with a temporary data folder."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pymysql

from tests.support.servers import free_port, wait_until

START = 30.0  # Seconds.
# Debian keeps the server out of the PATH of users.
_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


def find_mariadb() -> str | None:
    """Return the server program, if it is installed."""
    return shutil.which("mariadbd") or shutil.which("mariadbd", path=_PATH)


class MariaDb:
    """A running server. Its superuser is `root`, without a password."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.port, self._options = folder, free_port(), options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the data folder and start the server. As root, it runs as root, too: it keeps nothing of value."""
        program = find_mariadb()
        assert program
        data = f"--datadir={self.folder / 'data'}"
        install = [
            "mariadb-install-db",
            "--no-defaults",
            data,
            "--user=root",
            "--auth-root-authentication-method=normal",
        ]
        install += ["--skip-test-db"]
        subprocess.run(install, check=True, capture_output=True, timeout=60)
        command = [program, "--no-defaults", data, "--user=root", f"--port={self.port}", "--bind-address=127.0.0.1"]
        # The data need not survive a crash.
        command += [f"--socket={self.folder / 'socket'}", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"]
        command += ["--innodb-buffer-pool-size=64M", "--character-set-server=utf8mb4", *self._options]
        log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        wait_until(self._answers, "MariaDB does not start", START)

    def run(self, *statements: str, database: str = "") -> list[Any]:
        """Run statements as the superuser, and return the rows of the last one."""
        with pymysql.connect(host="127.0.0.1", port=self.port, user="root", database=database or None) as connection:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                rows = list(cursor.fetchall())
            connection.commit()
        return rows

    def url(self, database: str, user: str = "root", password: str = "") -> str:
        return f"mysql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except pymysql.MySQLError:
            return False
        return True
