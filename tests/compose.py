"""What docker-compose.yml says, with its variables put in."""

import re
from pathlib import Path

import yaml

from tests.service import SECRET

PROJECT = Path(__file__).parents[1]
FILE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = FILE["services"]
REQUIRED = {"SECRET_KEY": SECRET, "POSTGRES_PASSWORD": "hunter2", "FLOWER_BASIC_AUTH": "operator:hunter2"}
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<operator>:-|:\?)(?P<rest>[^}]*)\}")


class MissingVariable(Exception):
    """What `docker compose` stops at."""


def substituted(text: str, **environ: str) -> str:
    """Put variables in as `docker compose` does."""

    def value(match: re.Match[str]) -> str:
        if not environ.get(match["name"]) and match["operator"] == ":?":
            raise MissingVariable(match["rest"])
        return environ.get(match["name"]) or match["rest"]

    return VARIABLE.sub(value, text)


def environment(service: str, **environ: str) -> dict[str, str]:
    """Return what a service's program reads, with the required variables and these set."""
    raw = SERVICES[service]["environment"]
    return {name: substituted(value, **REQUIRED | environ) for name, value in raw.items()}


def ports(**environ: str) -> dict[str, str]:
    """Return which addresses of the machine lead to which ports of a container."""
    published = [substituted(port, **environ) for service in SERVICES.values() for port in service.get("ports", [])]
    return dict(port.rsplit(":", 1) for port in published)
