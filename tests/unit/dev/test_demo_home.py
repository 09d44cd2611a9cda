"""The demo's folder: private, with one secret, and for one running demo."""

import re
import socket
import stat
from pathlib import Path

import pytest

from dev.errors import DemoError
from dev.stack.home import Home, choose_home, locked, secret_key
from dev.stack.ports import DEFAULT_PORTS, taken_ports


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return choose_home({"LATCHKEY_HOME": str(tmp_path / "home")})


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_data_folder_is_closed_to_others(home: Home) -> None:
    assert mode(home.folder) == 0o700


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    assert mode(choose_home({"LATCHKEY_HOME": str(tmp_path)}).folder) == 0o755


def test_a_folder_that_cannot_be_made_is_one_sentence_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DemoError, match=r"Cannot write to .*/file/home .*LATCHKEY_HOME=~/latchkey make run"):
        choose_home({"LATCHKEY_HOME": str(tmp_path / "file" / "home")})


def test_the_secret_is_made_once_and_for_its_owner_alone(home: Home) -> None:
    first = secret_key(home)

    assert secret_key(home) == first
    assert mode(home.folder / "secret_key") == 0o600


def test_two_folders_have_two_secrets(tmp_path: Path) -> None:
    homes = [choose_home({"LATCHKEY_HOME": str(tmp_path / name)}) for name in ("one", "two")]

    assert secret_key(homes[0]) != secret_key(homes[1])


def test_a_start_killed_while_writing_the_secret_leaves_no_partial_one(home: Home) -> None:
    (home.folder / "secret_key.new").write_text("half")

    assert len(secret_key(home)) == 64


def test_a_second_demo_in_one_folder_is_refused(home: Home) -> None:
    with locked(home, {}), pytest.raises(DemoError, match="already running"), locked(home, {}):
        pass


def test_the_second_one_is_told_where_the_first_is_and_how_both_can_run(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with locked(home, {}) as lock, socket.create_server(("127.0.0.1", 0)) as first:
        print("http://localhost:8025", end="", file=lock, flush=True)
        taken = first.getsockname()[1]
        monkeypatch.setitem(DEFAULT_PORTS, "PORT", taken)
        with pytest.raises(DemoError) as refused, locked(home, {}):
            pass
        found = re.search(
            r"at http://localhost:8025\. Stop it, .*: LATCHKEY_HOME=~/latchkey PORT=(\d+) ", str(refused.value)
        )
        assert found
        assert taken_ports({"PORT": int(found[1])}) == []


def test_an_address_of_an_earlier_run_is_not_told(home: Home) -> None:
    with locked(home, {}) as lock:
        lock.write("http://localhost:8025")
    with locked(home, {}), pytest.raises(DemoError) as refused, locked(home, {}):
        pass
    assert "8025." not in str(refused.value)


def test_a_folder_is_free_again_after_the_demo(home: Home) -> None:
    with locked(home, {}):
        pass
    with locked(home, {}):
        pass
