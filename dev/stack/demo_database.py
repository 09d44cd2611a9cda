"""The demo's database, made at the first start."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from dev.errors import DemoError
from dev.stack.environment import database_url
from dev.stack.home import PROJECT

TIMEOUT = 30
"""Seconds; it takes about two."""


def make_demo_database(file: Path, settings: Mapping[str, str]) -> None:
    """Make the database with its users unless it exists; a start that is killed meanwhile leaves none.

    Raises DemoError with what went wrong.
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
            # In a session of its own Ctrl-C does not reach it. It is over in a moment, and then all ends in order.
            start_new_session=True,
        )
    except subprocess.CalledProcessError as error:
        raise DemoError(f"The demo's database cannot be made:\n{error.stdout.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise DemoError(f"The demo's database is not ready after {TIMEOUT} seconds.") from error
