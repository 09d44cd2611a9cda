"""A real Sentinel set on loopback: a master, a replica and three sentinels, each in its own process."""

import signal
import subprocess
from pathlib import Path
from typing import Self
from urllib.parse import quote

import redis

from dev.stack.redis_server import find_server
from tests.support.servers import RedisServer, free_port, wait_until

NAME = "latchkey-set"


class SentinelServer:
    """A sentinel and its configuration file, which the sentinel rewrites."""

    def __init__(self, folder: Path, master: RedisServer, password: str) -> None:
        self.port = free_port()
        self._password = password or None
        self._file = folder / f"sentinel-{self.port}.conf"
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"dir {folder}",
            f"sentinel monitor {NAME} 127.0.0.1 {master.port} 2",
            f"sentinel down-after-milliseconds {NAME} 1000",
            f"sentinel failover-timeout {NAME} 3000",
        ]
        if password:
            lines += [f"requirepass {password}", f"sentinel sentinel-pass {password}"]
            lines += [f"sentinel auth-pass {NAME} {master.password}"]
        self._file.write_text("\n".join(lines) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [find_server(), str(self._file), "--sentinel"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def knows_all(self) -> bool:
        """Return whether the sentinel has found the replica and both other sentinels."""
        try:
            with redis.Redis(port=self.port, password=self._password) as client:
                state = client.sentinel_master(NAME)
        except redis.RedisError:
            return False
        return bool((state["num-other-sentinels"], state["num-slaves"]) == (2, 1))


class SentinelSet:
    """Two data servers and three sentinels, optionally protected by passwords."""

    def __init__(self, folder: Path, password: str = "", sentinel_password: str = "") -> None:
        options = ["--repl-diskless-sync-delay", "0"]
        if password:
            options += ["--requirepass", password, "--masterauth", password]
        for name in ("a", "b"):
            (folder / name).mkdir()
        self.master = RedisServer(folder / "a", *options, password=password)
        replication = ["--replicaof", f"127.0.0.1 {self.master.port}"]
        self.replica = RedisServer(folder / "b", *options, *replication, password=password)
        self.sentinels = [SentinelServer(folder, self.master, sentinel_password) for _ in range(3)]
        self._login = f":{quote(password, '')}@" if password else ""
        self._query = f"?sentinel_password={quote(sentinel_password)}" if sentinel_password else ""

    def url(self, *, first: tuple[int, ...] = (), db: int = 0) -> str:
        """Return a value for REDIS_URL; the ports in `first` come before those of the sentinels."""
        ports = [*first, *(sentinel.port for sentinel in self.sentinels)]
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"redis+sentinel://{self._login}{hosts}/{NAME}/{db}{self._query}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except TimeoutError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in [sentinel.process for sentinel in self.sentinels if sentinel.process]:
            process.kill()
            process.wait(10)
        for server in (self.master, self.replica):
            server.stop(signal.SIGKILL)

    def _start(self) -> None:
        self.master.start()
        self.replica.start()
        # Sentinels look for replicas only every ten seconds, so the replica has to be there first.
        wait_until(self._replicates, "the replica does not replicate")
        for sentinel in self.sentinels:
            sentinel.start()
        wait_until(lambda: all(each.knows_all() for each in self.sentinels), "the sentinels do not find each other", 20)

    def _replicates(self) -> bool:
        with self.replica.client() as client:
            return bool(client.info("replication").get("master_link_status") == "up")
