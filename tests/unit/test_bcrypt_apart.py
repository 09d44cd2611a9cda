"""bcrypt in processes of its own: the right answer to each, and none that outlives its server."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
import psutil
import pytest

from api import bcrypt_apart
from api.bcrypt_apart import BcryptGone, checkpw, hashpw
from shared.niceness import NICENESS
from tests.servers import wait_until

SALT = bcrypt.gensalt(4)


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    bcrypt_apart._end()
    yield
    bcrypt_apart._end()


def the_process() -> psutil.Process:
    """Return the one process that waits for work."""
    (process,) = bcrypt_apart._free
    return psutil.Process(process.pid)


def test_it_hashes_and_checks_as_bcrypt_does() -> None:
    hashed = hashpw(b"a \x00 secret\n", SALT)

    assert hashed == bcrypt.hashpw(b"a \x00 secret\n", SALT)
    assert checkpw(b"a \x00 secret\n", hashed)
    assert not checkpw(b"another", hashed)


def test_what_bcrypt_refuses_leaves_the_process_good() -> None:
    with pytest.raises(ValueError, match="72 bytes"):
        hashpw(b"a" * 73, SALT)
    process = the_process()

    assert checkpw(b"secret", bcrypt.hashpw(b"secret", SALT))
    assert the_process() == process


def test_many_at_once_get_each_its_own_answer() -> None:
    secrets = [b"secret %d" % number for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        hashes = list(pool.map(lambda secret: hashpw(secret, SALT), secrets))

    assert hashes == [bcrypt.hashpw(secret, SALT) for secret in secrets]
    assert 1 <= len(bcrypt_apart._free) <= 4


def test_it_gives_way_to_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bcrypt_apart, "niceness", NICENESS)
    hashpw(b"secret", SALT)

    assert the_process().nice() == min(19, psutil.Process().nice() + NICENESS)
    assert os.getsid(the_process().pid) == the_process().pid


def test_one_that_ended_while_it_waited_is_replaced() -> None:
    hashpw(b"secret", SALT)
    the_process().kill()

    assert checkpw(b"secret", bcrypt.hashpw(b"secret", SALT))


def test_what_asks_a_service_to_end_ends_no_hash() -> None:
    hashpw(b"secret", SALT)
    process = the_process()
    process.terminate()

    assert checkpw(b"secret", bcrypt.hashpw(b"secret", SALT))
    assert the_process() == process


def test_an_answer_to_another_question_is_no_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode()
    script = tmp_path / "other.py"
    script.write_text(f"import sys\nfor line in sys.stdin: print({other!r}, flush=True)\n")
    monkeypatch.setattr(bcrypt_apart, "_COMMAND", (sys.executable, str(script)))

    with pytest.raises(BcryptGone):
        hashpw(b"secret", SALT)


def test_what_a_library_prints_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import bcrypt\nhash = bcrypt.hashpw\n"
        "def hashpw(*question):\n    print('telemetry', flush=True)\n    return hash(*question)\n"
        "bcrypt.hashpw = hashpw\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert checkpw(b"secret", bcrypt.hashpw(b"secret", SALT))


def test_one_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bcrypt_apart, "PATIENCE", 0.1)
    monkeypatch.setattr(bcrypt_apart, "_COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))

    with pytest.raises(BcryptGone):
        hashpw(b"secret", SALT)


def test_it_knows_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "of the server")
    hashpw(b"secret", SALT)

    assert "SECRET_KEY" not in the_process().environ()


def test_it_is_found_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    assert checkpw(b"secret", bcrypt.hashpw(b"secret", SALT))


def test_where_none_can_be_started_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bcrypt_apart, "_COMMAND", ("/nowhere/python",))

    with pytest.raises(BcryptGone):
        hashpw(b"secret", SALT)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:subprocess .* is still running:ResourceWarning")
def test_a_forked_process_starts_its_own() -> None:
    hashpw(b"secret", SALT)

    child = os.fork()
    if child == 0:
        os._exit(len(bcrypt_apart._free))
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert checkpw(b"secret", bcrypt.hashpw(b"secret", SALT))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_server(number: signal.Signals) -> None:
    serve = (
        "import bcrypt, time; from api import bcrypt_apart as apart; apart.hashpw(b'secret', bcrypt.gensalt(4)); "
        "print(apart._free[0].pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", serve], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]
    ) as server:
        assert server.stdout
        hashing = int(server.stdout.readline())
        assert psutil.pid_exists(hashing)
        server.send_signal(number)

        wait_until(lambda: not psutil.pid_exists(hashing), "it goes on without its server")
