"""What Celery says when a signal ends it, as a JSON line like all others."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import celery.apps.worker


def say_in_json() -> None:
    """Let Celery write to standard error without the logger, which the signal may have interrupted anywhere."""

    def say(text: str, _file: Any = None) -> None:
        line = {"program": "worker", "event": text.strip(), "level": "info", "logger": "celery.apps.worker"}
        line["timestamp"] = f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z"
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, json.dumps(line).encode() + b"\n")

    celery.apps.worker.safe_say = say
