"""The demo's database, created on the first start."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from dev.errors import DemoError
from dev.stack.environment import database_url
from dev.stack.home import PROJECT

TIMEOUT = 30
"""Seconds; creating it takes about two."""


def make_demo_database(file: Path, settings: Mapping[str, str]) -> None:
    """Create the database with its users unless it exists; if the start is killed meanwhile, none is left behind.

    Raises DemoError if it cannot be created.
    """
    if file.exists():
        return
    with TemporaryDirectory(prefix="new-database-", dir=file.parent) as folder:
        new = Path(folder, file.name)
        _add_users({**settings, "DATABASE_URL": database_url(new)})
        new.rename(file)


def _add_users(settings: Mapping[str, str]) -> None:
    try:
        subprocess.run(
            [sys.executable, "-m", "dev.stack.demo_users"],
            cwd=PROJECT,
            env=dict(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=True,
            # A new session keeps Ctrl-C away from it: it is short, and the parts are stopped in order afterwards.
            start_new_session=True,
        )
    except subprocess.CalledProcessError as error:
        raise DemoError(f"The demo's database could not be created:\n{error.stdout.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise DemoError(f"Creating the demo's database took more than {TIMEOUT} seconds.") from error
