"""docker-compose.yml with its variables substituted."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.support.service import SECRET

PROJECT = Path(__file__).parents[2]
FILE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = FILE["services"]
SECRETS = {"SECRET_KEY": SECRET, "FLOWER_BASIC_AUTH": "operator:hunter2", "REDIS_PASSWORD": "hunter3"}
REQUIRED = SECRETS | {
    "DATABASE_URL": "postgresql://app:hunter2@db.example.com/app",
    "RESET_URL": "https://www.example.com/reset-password",
    "MAIL_SERVER": "smtp.example.com",
    "MAIL_DEFAULT_SENDER": "no-reply@example.com",
}
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<operator>:-|:\?)(?P<rest>[^}]*)\}")


class MissingVariable(Exception):
    """The error with which `docker compose` stops."""


def substituted(text: str, **environ: str) -> str:
    """Substitute variables as `docker compose` does."""

    def value(match: re.Match[str]) -> str:
        if not environ.get(match["name"]) and match["operator"] == ":?":
            raise MissingVariable(match["rest"])
        return environ.get(match["name"]) or match["rest"]

    return VARIABLE.sub(value, text)


def environment(service: str, **environ: str) -> dict[str, str]:
    """Return the environment of a service, given the required variables and these."""
    return environment_of(service, REQUIRED | environ)


def environment_of(service: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a service, given only these variables."""
    return {name: substituted(value, **environ) for name, value in SERVICES[service]["environment"].items()}


def ports(**environ: str) -> dict[str, str]:
    """Return the published ports: addresses on the host to ports in a container."""
    published = [substituted(port, **environ) for service in SERVICES.values() for port in service.get("ports", [])]
    return dict(port.rsplit(":", 1) for port in published)


def read_env_files(*files: Path, **environ: str) -> dict[str, str]:
    """Read files such as .env, where later files override earlier ones. A shell reads them as `docker compose` does."""
    script = 'set -a; for file; do . "$file"; done; exec "$0" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    command = ["sh", "-euc", script, sys.executable, *map(str, files)]
    done = subprocess.run(command, env=environ, capture_output=True, check=True)
    assert done.stderr == b""
    found: dict[str, str] = json.loads(done.stdout)
    return found


def running(environ: Mapping[str, str]) -> list[str]:
    """List the services that `docker compose up` starts: those without a profile or with an active one."""
    on = set(environ.get("COMPOSE_PROFILES", "").split(","))
    return [name for name, service in SERVICES.items() if "profiles" not in service or on & {*service["profiles"]}]


def redis_options() -> list[str]:
    """Return the options of Redis's command line, which follow the shell's script and its name."""
    command: list[str] = SERVICES["redis"]["command"]
    return command[command.index("redis") + 1 :]
