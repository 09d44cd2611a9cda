"""The worker lowers its own priority, and that of its session if it leads one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from worker import priority
from worker.priority import NICENESS

SESSION = Path("/proc/self/autogroup")
LOOK = (
    "import os; from worker.priority import lower_priority, lower_session_priority; "
    "lower_priority(); lower_session_priority(); print(os.nice(0), open('/proc/self/autogroup').read())"
)

needs_sessions = pytest.mark.skipif(not SESSION.exists(), reason="this system has no autogroups")


def told(*, leads: bool) -> list[str]:
    """Return the niceness of a process that lowered its priority, and its session's autogroup."""
    command = [sys.executable, "-c", LOOK]
    return subprocess.check_output(command, text=True, start_new_session=leads).split()


@needs_sessions
def test_a_process_that_leads_its_session_lowers_the_sessions_priority_too() -> None:
    assert told(leads=True)[0] == str(min(19, os.nice(0) + NICENESS))
    assert told(leads=True)[-2:] == ["nice", str(NICENESS)]


@needs_sessions
def test_a_session_led_by_another_process_is_left_alone() -> None:
    before = SESSION.read_text().split()

    own, *session = told(leads=False)

    assert own == str(min(19, os.nice(0) + NICENESS))
    assert session == before


def test_a_process_that_may_not_lower_its_priority_continues(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(_: int) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "nice", refuse)
    monkeypatch.setattr(os, "getsid", lambda _: os.getpid())
    monkeypatch.setattr(priority, "_SESSION", tmp_path / "nothing" / "here")

    priority.lower_priority()
    priority.lower_session_priority()


def test_a_request_that_comes_too_soon_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        def __init__(self) -> None:
            self.requests: list[str] = []

        def write_text(self, text: str) -> None:
            self.requests.append(text)
            if len(self.requests) == 1:
                raise BlockingIOError

    monkeypatch.setattr(os, "getsid", lambda _: os.getpid())
    session = Session()
    monkeypatch.setattr(priority, "_SESSION", session)

    priority.lower_session_priority()

    assert session.requests == [str(NICENESS)] * 2
