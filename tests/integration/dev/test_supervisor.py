"""The supervisor with small real programs instead of the demo's."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.stack.part import Part, PartEnded
from dev.stack.supervisor import StopRequested, Supervisor
from tests.support.servers import wait_until

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with Supervisor(folder=tmp_path, logs=tmp_path) as supervisor:
        yield supervisor
    for number, handler in handlers.items():
        signal.signal(number, handler)


def part(name: str, code: str, grace: float = 5) -> Part:
    return Part(name, [sys.executable, "-c", code], dict(os.environ), grace)


def writes_its_pid(file: Path, then: str = SLEEP) -> str:
    return f"import os, pathlib; pathlib.Path({str(file)!r}).write_text(str(os.getpid())); {then}"


def pid_in(file: Path) -> int:
    wait_until(lambda: file.exists() and file.read_text() != "", "The part does not write its process ID")
    return int(file.read_text())


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    # A zombie has ended; its new parent has not reaped it yet.
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_part_that_exits_is_named_with_its_exit_code_and_last_lines(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(part("steady", SLEEP), part("weak", "print('last words'); raise SystemExit(3)"))

    with pytest.raises(PartEnded, match=r"`weak` exited with code 3.*\n  last words") as ended:
        supervisor.watch()

    assert str(tmp_path / "weak.log") in str(ended.value)


def test_a_killed_part_is_named_with_its_signal(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(part("victim", writes_its_pid(tmp_path / "pid")))
    os.kill(pid_in(tmp_path / "pid"), signal.SIGKILL)

    with pytest.raises(PartEnded, match=r"`victim` was killed by signal 9.*Last lines of .*: \(empty\)"):
        supervisor.watch()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_a_request_to_stop(supervisor: Supervisor, number: signal.Signals) -> None:
    supervisor.listen_for_signals()
    supervisor.start(part("steady", SLEEP))
    supervisor.check()

    os.kill(os.getpid(), number)

    with pytest.raises(StopRequested):
        supervisor.watch()


def test_stop_ends_every_part(supervisor: Supervisor, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "two")]
    supervisor.start(*(part(file.name, writes_its_pid(file)) for file in files))
    pids = [pid_in(file) for file in files]

    supervisor.stop()

    assert not [pid for pid in pids if is_alive(pid)]


def test_parts_stop_in_reverse_order_of_start(supervisor: Supervisor, tmp_path: Path) -> None:
    base = tmp_path / "base"
    supervisor.start(part("base", writes_its_pid(base)))
    pid = pid_in(base)
    at_the_end = f"import os, pathlib; os.kill({pid}, 0); pathlib.Path({str(tmp_path / 'farewell')!r}).touch()"
    on_term = f"signal.signal(signal.SIGTERM, lambda *_: exec({at_the_end!r}) or os._exit(0))"
    supervisor.start(part("top", f"import os, signal; {on_term}; {writes_its_pid(tmp_path / 'top')}"))
    pid_in(tmp_path / "top")

    supervisor.stop()

    assert (tmp_path / "farewell").exists()
    assert not is_alive(pid)


def test_a_part_that_ignores_sigterm_is_killed_after_its_grace_period(supervisor: Supervisor) -> None:
    supervisor.start(part("deaf", DEAF, grace=0.3))
    wait_until(lambda: "ready" in supervisor.log("deaf").read_text(), "The part does not start")
    asked_at = time.monotonic()

    supervisor.stop()

    assert 0.3 <= time.monotonic() - asked_at < 2


def test_no_child_of_a_dead_part_is_left(supervisor: Supervisor, tmp_path: Path) -> None:
    child = [sys.executable, "-c", writes_its_pid(tmp_path / "child")]
    supervisor.start(part("parent", f"import subprocess, time; subprocess.Popen({child!r}); {SLEEP}"))
    pid = pid_in(tmp_path / "child")

    supervisor.stop()

    wait_until(lambda: not is_alive(pid), "The child is still alive")


def test_ctrl_c_in_the_terminal_does_not_reach_the_parts(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(part("steady", writes_its_pid(tmp_path / "pid")))

    assert os.getpgid(pid_in(tmp_path / "pid")) != os.getpgid(0)


def test_only_warnings_reach_the_terminal_and_everything_the_log(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        '{"level": "info", "event": "a"}',
        "not JSON",
        '{"level": "warning", "event": "b"}',
        '{"level": "ERROR"}',
        "7",
    ]
    code = f"import time; print({chr(10).join(lines)!r}, flush=True); time.sleep(60)"
    supervisor.start(part("api", code))
    wait_until(lambda: len(supervisor.log("api").read_text().splitlines()) == len(lines), "The part says nothing")

    supervisor.check()

    assert capsys.readouterr().out == 'api: {"level": "warning", "event": "b"}\napi: {"level": "ERROR"}\n'


def test_a_warning_written_in_two_pieces_is_shown_once_and_whole(
    supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import pathlib, time; print('{\"level\": ', end='', flush=True)\n"
        f"while not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.01)\n"
        "print('\"error\"}', flush=True); time.sleep(60)"
    )
    supervisor.start(part("api", code))
    wait_until(lambda: supervisor.log("api").read_text() != "", "The part says nothing")
    supervisor.check()
    (tmp_path / "go").touch()
    wait_until(lambda: "\n" in supervisor.log("api").read_text(), "The part says no more")

    supervisor.check()
    supervisor.check()

    assert capsys.readouterr().out == 'api: {"level": "error"}\n'


def test_running_parts_are_stopped_if_the_next_cannot_be_started(tmp_path: Path) -> None:
    steady, missing = part("steady", writes_its_pid(tmp_path / "pid")), Part("missing", ["/nowhere/at/all"], {}, 1)

    with Supervisor(folder=tmp_path, logs=tmp_path) as supervisor:
        with pytest.raises(FileNotFoundError):
            supervisor.start(steady, missing)
        pid = pid_in(tmp_path / "pid")

    assert not is_alive(pid)
