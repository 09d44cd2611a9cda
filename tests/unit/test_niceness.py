"""Giving way: by the niceness of the process, and by that of its session where it leads one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared import niceness

SESSION = Path("/proc/self/autogroup")
LOOK = (
    "import os; from shared.niceness import give_way; give_way(7); "
    "print(os.nice(0), open('/proc/self/autogroup').read())"
)

needs_sessions = pytest.mark.skipif(not SESSION.exists(), reason="this system shares no core among sessions")


def told(*, leads: bool) -> list[str]:
    """Return the niceness of a process that gave way, and what the system says of its session."""
    command = [sys.executable, "-c", LOOK]
    return subprocess.check_output(command, text=True, start_new_session=leads).split()


@needs_sessions
def test_a_process_that_leads_its_session_gives_way_with_it() -> None:
    assert told(leads=True)[0] == str(min(19, os.nice(0) + 7))
    assert told(leads=True)[-2:] == ["nice", "7"]


@needs_sessions
def test_the_session_of_somebody_else_is_left_alone() -> None:
    before = SESSION.read_text().split()

    own, *session = told(leads=False)

    assert own == str(min(19, os.nice(0) + 7))
    assert session == before


def test_where_it_is_refused_the_process_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(_: int) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "nice", refuse)
    monkeypatch.setattr(os, "getsid", lambda _: os.getpid())
    monkeypatch.setattr(niceness, "_SESSION", tmp_path / "nothing" / "here")

    niceness.give_way(7)


def test_a_wish_that_comes_too_soon_is_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Session:
        def __init__(self) -> None:
            self.wishes: list[str] = []

        def write_text(self, text: str) -> None:
            self.wishes.append(text)
            if len(self.wishes) == 1:
                raise BlockingIOError

    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setattr(os, "getsid", lambda _: os.getpid())
    session = Session()
    monkeypatch.setattr(niceness, "_SESSION", session)

    niceness.give_way(7)

    assert session.wishes == ["7", "7"]
