"""The README's story over HTTP, on the stack that `make run` starts."""

import re
import subprocess
import time
from pathlib import Path
from typing import Any

import bcrypt
import psutil
import pytest

from dev.stack.ports import DEFAULT_PORTS
from tests.e2e.demo import Demo, fetch
from tests.support.servers import wait_until
from tests.support.service import token_in
from worker.priority import NICENESS

RESET, CHANGED = "Reset your", "was changed"
README = (Path(__file__).parents[2] / "README.md").read_text()
NEW_PASSWORD = "correct horse battery staple"

MAX_CPU_TO_START = 15.0  # Seconds, of all programs together.


def without_its_own(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in headers.items() if name.lower() not in {"date", "x-request-id"}}


def ask(demo: Demo, address: str) -> tuple[int, bytes, dict[str, str]]:
    return demo.post("/forgot-password", {"email": address})


def test_the_whole_story(demo: Demo) -> None:
    demo.add_user("story@example.com")
    ask(demo, "story@example.com")
    older = token_in(demo.wait_for_message("story@example.com", RESET, number=1)["text"])
    begun = time.monotonic()
    known = ask(demo, "story@example.com")
    mail = demo.wait_for_message("story@example.com", RESET, number=2, seconds=2)
    seconds = time.monotonic() - begun
    token = token_in(mail["text"])

    unknown = ask(demo, "nobody@example.com")
    done = demo.post("/reset-password", {"token": token, "password": NEW_PASSWORD})
    again = [demo.post("/reset-password", {"token": link, "password": "another password 1"}) for link in (token, older)]
    demo.wait_for_message("story@example.com", CHANGED)

    assert known[:2] == unknown[:2]
    assert without_its_own(known[2]) == without_its_own(unknown[2])
    assert seconds < 2
    assert done[0] == 200
    assert [answer[0] for answer in again] == [400, 400]
    stored = demo.stored_hash("story@example.com").encode()
    assert bcrypt.checkpw(NEW_PASSWORD.encode(), stored)
    assert not bcrypt.checkpw(b"another password 1", stored)
    assert f"http://localhost:{demo.ports['PORT']}/reset-password#token={token}" in mail["text"]
    assert not [message for message in demo.messages() if message["to"] == "nobody@example.com"]


def niceness_of_session(process: psutil.Process) -> int:
    return int(Path(f"/proc/{process.pid}/autogroup").read_text().split()[-1])


def shares_cores_among_sessions() -> bool:
    autogroup = Path("/proc/self/autogroup")
    return autogroup.exists() and bool(autogroup.read_text().strip())


@pytest.mark.skipif(not shares_cores_among_sessions(), reason="the kernel does not schedule by session (autogroup)")
def test_the_worker_has_lower_priority_than_the_api_in_its_own_session(demo: Demo) -> None:
    def found() -> dict[str, set[int]]:
        parts = psutil.Process(demo.process.pid).children(recursive=True)
        return {
            name: {niceness_of_session(part) for part in parts if ["-m", name] == part.cmdline()[1:3]}
            for name in ("api", "worker")
        }

    wait_until(lambda: found() == {"api": {0}, "worker": {NICENESS}}, "the worker's priority is that of the API")


def pasted(demo: Demo, line: str) -> Any:
    environ: dict[str, str] = {name: demo.environ[name] for name in ("PATH", "HOME") if name in demo.environ}
    return subprocess.run(
        ["bash", "-c", line], env=environ, capture_output=True, text=True, check=True, timeout=30
    ).stdout


def lines_of_readme(demo: Demo) -> list[str]:
    """Return the lines that README says to paste, with the ports of this demo."""
    lines = re.findall(r"^(?:curl|TOKEN).*", README, re.MULTILINE)
    ports = {str(default): str(demo.ports[name]) for name, default in DEFAULT_PORTS.items()}
    return [re.sub(r"(?<=localhost:)\d+", lambda port: ports[port[0]], line) for line in lines]


def test_the_three_lines_of_readme_can_be_pasted(demo: Demo) -> None:
    lines = lines_of_readme(demo)
    fetch(demo.url("/api/messages", "INBOX_PORT"), method="DELETE")

    asked = pasted(demo, lines[0])
    demo.wait_for_message("demo@example.com", RESET)
    inbox = pasted(demo, lines[1])
    done, pasted_at = pasted(demo, lines[2]), int(time.time())
    fetch(demo.url("/api/messages", "INBOX_PORT"), method="DELETE")
    pasted(demo, lines[0])
    demo.wait_for_message("demo@example.com", RESET)
    # The line builds the password from the time in seconds, and the current password would be refused.
    wait_until(lambda: int(time.time()) > pasted_at, "the clock has stopped")
    done_again = pasted(demo, lines[2])

    assert len(lines) == 3
    assert "202 Accepted" in asked
    assert "token=" in inbox
    assert "200 OK" in done
    assert "Your password has been changed." in done
    assert "Your password has been changed." in done_again


def test_the_demo_takes_few_seconds_of_cpu_to_start(demo: Demo) -> None:
    """On two quiet cores, it starts within ten seconds (measured). What other programs take does not count here."""
    assert 1 < demo.cpu_to_start < MAX_CPU_TO_START


def test_the_demo_starts_without_our_warnings(demo: Demo) -> None:
    assert re.findall(r'"event": "(redis_\w+)"', demo.output()) == []
    # Not even if the tests run as root.
    assert "SecurityWarning" not in demo.output()
