"""Runs `python -m worker COMMAND` in a test."""

import json
from typing import Any

from click.testing import CliRunner, Result

from tests.support.service import Service
from worker.__main__ import main

ADDRESS = "anna@example.com"


def command(service: Service, *arguments: str, code: int = 0, **options: Any) -> Result:
    result = CliRunner().invoke(main, arguments, env=service.environ, **options)
    assert result.exit_code == code, result.output
    assert ADDRESS not in result.output
    return result


def as_json(service: Service, *arguments: str) -> Any:
    return json.loads(command(service, *arguments, "--json").stdout)
