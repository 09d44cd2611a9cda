"""Builds the `make run` command lines that error messages suggest."""

import shlex
from collections.abc import Mapping

CHOICES = (
    *("LATCHKEY_HOME", "LATCHKEY_FRONTEND", "REDIS_SERVER"),
    *("PORT", "FLOWER_PORT", "INBOX_PORT", "INBOX_SMTP_PORT", "REDIS_PORT"),
)


def start_with(environ: Mapping[str, str], **changes: object) -> str:
    """Return a `make run` with the current choices and the changes, so that one hint does not undo an earlier one."""
    chosen = {name: environ[name] for name in CHOICES if environ.get(name)} | changes
    return " ".join([*(f"{name}={_quoted(str(chosen[name]))}" for name in CHOICES if name in chosen), "make run"])


def _quoted(value: str) -> str:
    return value if value.startswith("~/") else shlex.quote(value)
