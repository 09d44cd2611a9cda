"""A short run of the first part of `make bench`: every contender answers as expected and sends its emails."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.accepting import run
from benchmarks.results import Bench
from tests.conftest import require_redis

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(postgres: Any) -> Iterator[Path]:
    """A folder for the test's own servers. The `postgres` fixture skips the test if there is no PostgreSQL."""
    require_redis()
    with tempfile.TemporaryDirectory(prefix="latchkey-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user if the tests run as root.
        yield folder


def test_every_contender_accepts_requests_and_sends_their_mails(folder: Path) -> None:
    # An unexpected answer would raise.
    found = run(Bench(folder, short=True))

    assert set(found.raw) == {
        f"{name}, {processes}"
        for name in ("floor", "latchkey", "usual", "tutorial")
        for processes in ("1 server process", "2 server processes")
    }
    for name, (turn,) in found.raw.items():
        assert turn["mailed"] == turn["owed"], name
        assert (turn["owed"] > 0) is not name.startswith("floor"), name
        assert turn["saturation"]["server_cpu"] > 0, name
        assert turn["half"]["rate"] < turn["saturation"]["rate"], name
    assert len(found.promises) == 17
