"""The worker's state file in a folder where others may write, too."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from worker.ops.alive import MAX_BYTES, StateFile, alive


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker.json"


def asked(path: Path) -> tuple[int, str]:
    result = CliRunner().invoke(alive, env={"WORKER_STATE_PATH": str(path)})
    return result.exit_code, result.output


def written(path: Path, **state: object) -> None:
    path.write_text(json.dumps({"at": time.monotonic(), "complaint": ""} | state))


def forge(path: Path) -> None:
    written(path)
    os.chown(path, 12345, -1)


def link(path: Path) -> None:
    written(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def test_the_state_of_a_worker_is_read(path: Path) -> None:
    StateFile(path, lambda: "").write()

    assert asked(path) == (0, "The worker lives.\n")
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("put", [os.mkfifo, forge], ids=["a pipe", "another user's file"])
def test_what_is_no_file_of_this_user_is_not_believed(path: Path, put: Callable[[Path], None]) -> None:
    if put is forge and os.geteuid() != 0:
        pytest.skip("only root can make a file of another user")
    put(path)

    status, told = asked(path)

    assert (status, "is not a file of this user" in told) == (1, True)


def exceed(path: Path) -> None:
    written(path, more="x" * MAX_BYTES)


@pytest.mark.parametrize("put", [link, Path.mkdir, exceed])
def test_what_latchkey_does_not_write_is_not_believed(path: Path, put: Callable[[Path], None]) -> None:
    put(path)

    assert asked(path)[0] == 1


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(path: Path) -> None:
    path.mkdir()

    StateFile(path, lambda: "").write()

    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_name_that_another_user_occupies_does_not_keep_the_file_from_being_written(path: Path) -> None:
    path.with_name(f"{path.name}.new").mkdir()

    StateFile(path, lambda: "").write()

    assert asked(path)[0] == 0
