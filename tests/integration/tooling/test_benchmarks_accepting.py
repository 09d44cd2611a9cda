"""A moment of `make bench`'s first part: every contender is there, answers as it should and mails what it owes."""

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
    """A folder for servers of the test's own. The PostgreSQL of all tests is asked for to know that there is one."""
    require_redis()
    with tempfile.TemporaryDirectory(prefix="latchkey-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user where the tests run as root.
        yield folder


def test_every_contender_accepts_and_mails_what_it_owes(folder: Path) -> None:
    # Any answer that is not expected ends it.
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
