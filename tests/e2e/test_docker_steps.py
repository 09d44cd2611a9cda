"""README's Docker steps end with an email. Run without Docker, with docker-compose.yml's commands and settings."""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.conftest import require_redis
from tests.e2e.demo import fetch
from tests.support.compose import PROJECT, SECRETS, SERVICES, environment_of, read_env_files, redis_options, running
from tests.support.servers import RedisServer, RelayServer, free_port, wait_until
from tests.support.service import token_in

README = (PROJECT / "README.md").read_text(encoding="utf-8")
STEPS = README.split("\nYou can also run it with Docker")[1].split("\n```\n")[1].splitlines()
PASSWORD = "correct horse battery staple"
FILLED_IN = SECRETS | {"POSTGRES_PASSWORD": "hunter2"}


class Machine:
    """Does what `docker compose` does, on local ports: its programs, a real Redis, PostgreSQL and relay."""

    def __init__(self, folder: Path, database_url: str, ends: ExitStack) -> None:
        self.port = free_port()
        self.relay = RelayServer()
        self._redis = RedisServer(folder, *redis_options(), password=SECRETS["REDIS_PASSWORD"])
        self._folder, self._database_url, self._ends = folder, database_url, ends
        self._environ: dict[str, str] = {}
        shutil.copy(PROJECT / ".env.example", folder)
        shutil.copytree(PROJECT / "deploy", folder / "deploy")

    def copy(self, line: str) -> None:
        """Do the first step: copy .env.example, and fill in what the comment asks for."""
        command, _, comment = line.partition("#")
        subprocess.run(shlex.split(command), cwd=self._folder, check=True)
        named = re.findall(r"[A-Z_]{4,}", comment)
        text = (self._folder / ".env").read_text()
        for name in named:
            text = re.sub(rf"^{name}=.*", f"{name}={FILLED_IN[name]}", text, flags=re.MULTILINE)
        (self._folder / ".env").write_text(text)

    def up(self, line: str) -> None:
        """Do `docker compose up`: create the table, then start the API and the worker."""
        options = argparse.ArgumentParser()
        options.add_argument("--env-file", action="append", default=[])
        files, _ = options.parse_known_args(shlex.split(line)[2:])
        self._environ = read_env_files(*(self._folder / name for name in files.env_file), PATH=os.environ["PATH"])
        self._redis.start()
        self._ends.callback(self._redis.stop)
        if "mailpit" in running(self._environ):
            self._ends.enter_context(self.relay)
        self.run("create-table", SERVICES["create-table"]["command"])
        for service in ("api", "worker"):
            self._start(service)
        wait_until(self._is_ready, "the API and the worker are not ready", 30)

    def run(self, service: str, command: list[str], text: str = "") -> None:
        """Run a command in a service, as `docker compose exec` does, without a terminal."""
        done = subprocess.run(
            self._program(command),
            env=self._settings(service),
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            start_new_session=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _start(self, service: str) -> None:
        log = self._ends.enter_context((self._folder / f"{service}.log").open("w"))
        command = self._program(SERVICES[service]["command"])
        process = subprocess.Popen(command, env=self._settings(service), stdout=log, stderr=log)
        self._ends.callback(process.wait, 30)
        self._ends.callback(process.terminate)

    def _program(self, command: list[str]) -> list[str]:
        return [str(Path(sys.executable).parent / command[0]), *command[1:]]

    def _settings(self, service: str) -> dict[str, str]:
        """Return the environment of a container, with the service names replaced by local addresses."""
        places = {
            "REDIS_URL": ("redis://:hunter3@redis:6379/0", self._redis.url),
            "DATABASE_URL": ("postgresql://latchkey:hunter2@postgres/latchkey", self._database_url),
            "MAIL_SERVER": ("mailpit", "127.0.0.1"),
            "MAIL_PORT": ("1025", str(self.relay.port)),
            "HOST": ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - as in the file
            "PORT": ("8000", str(self.port)),
        }
        found = environment_of(service, self._environ)
        here = {name: place for name, (there, place) in places.items() if found.get(name) == there}
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)} | found | here

    def _is_ready(self) -> bool:
        with suppress(OSError):
            return b'"ok"' in fetch(f"http://127.0.0.1:{self.port}/readyz")[1]
        return False


@pytest.fixture
def machine(tmp_path: Path, postgres_url: str) -> Iterator[Machine]:
    require_redis()
    with ExitStack() as ends:
        yield Machine(tmp_path, postgres_url, ends)


def test_the_docker_steps_of_readme_end_with_a_mail(machine: Machine) -> None:
    copy, up, exec_ = STEPS
    machine.copy(copy)
    machine.up(up)
    docker, compose, verb, service, *command = shlex.split(exec_)
    machine.run(service, command, f"{PASSWORD}\n" * 2)
    address = command[-1]

    body = json.dumps({"email": address}).encode()
    asked = fetch(f"http://127.0.0.1:{machine.port}/forgot-password", body, {"Content-Type": "application/json"})

    mails = machine.relay.relay.mails
    wait_until(lambda: mails, "no email", 20)
    recipients, mail = mails[0]
    text = mail.get_body(("plain",))
    assert (docker, compose, verb) == ("docker", "compose", "exec")
    assert asked[0] == 202
    assert recipients == [address]
    assert text is not None
    assert f"http://localhost:8000/reset-password#token={token_in(text.get_content())}" in text.get_content()
