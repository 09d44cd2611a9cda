"""The real proxy with deploy/nginx.conf; only addresses, ports and paths are replaced."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from socket import create_connection
from typing import Self

from tests.conftest import missing
from tests.support.compose import PROJECT
from tests.support.servers import free_port, wait_until

CONFIGURATION = PROJECT / "deploy/nginx.conf"


def find_nginx() -> str:
    # Debian installs nginx in a directory that is only on root's PATH.
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        missing("No nginx on the PATH")
    assert found
    return found


class Nginx:
    """nginx in front of an API, and of Flower."""

    def __init__(self, folder: Path, api_port: int, flower_port: int = 0, more: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.port, self.flower_port = free_port(), free_port()
        others = {
            "/tmp/": f"{folder}/",  # noqa: S108 - as written in the file
            "/etc/nginx/": f"{CONFIGURATION.parent}/",
            "listen 8080;": f"listen 127.0.0.1:{self.port};",
            "listen 8081;": f"listen 127.0.0.1:{self.flower_port};",
            "server api:8000;": f"server 127.0.0.1:{api_port};",
            "127.0.0.11 ": "127.0.0.1 ",
            "server_tokens off;": f"server_tokens off; {more}",
            "flower:5555;": f"127.0.0.1:{flower_port or free_port()};",
        }
        text = CONFIGURATION.read_text(encoding="utf-8")
        for ours, of_test in others.items():
            assert ours in text, f"{ours} is no longer in {CONFIGURATION.name}"
            text = text.replace(ours, of_test)
        self._file, self._log = folder / "nginx.conf", folder / "nginx.log"
        self._file.write_text(text)

    def __enter__(self) -> Self:
        # Started as root, nginx runs its workers as a user that can't read the folder.
        options = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        command = [find_nginx(), "-p", str(self._file.parent), "-c", str(self._file), "-e", "stderr", "-g", options]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._listens, "nginx did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _listens(self) -> bool:
        assert self._process.poll() is None, self.log()
        with suppress(OSError), create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def log(self) -> str:
        return self._log.read_text()
