"""bcrypt in processes of its own, which give way to all others. `python -m api.bcrypt_apart` is one of them.

A thread with a niceness gives way to the server's own threads, and not to Redis, PostgreSQL and the worker on the
same machine: Linux shares a core among sessions before it looks at niceness, and bcrypt would use up the server's
share. What that cost stands in docs/decisions.md.
"""

import atexit
import os
import select
import signal
import subprocess
import sys
from collections import deque
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path

import bcrypt

from shared.niceness import give_way

PATIENCE = 60.0  # Seconds without an answer until a process is killed; the dearest hash takes 5 of a whole core.
_COMMAND = (sys.executable, "-m", "api.bcrypt_apart")
_ROOT = Path(__file__).parents[1]
# What Python needs to start; the server's secrets are none of its business.
_ENVIRON = {"PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH"}
_REFUSED = b"!"
_HASH_LENGTH, _SALT_LENGTH = 60, 28  # A salt has one more character, which bcrypt may write in another way.

# Of the processes to be started. A server sets NICENESS; somebody at a command line waits for it.
niceness = 0

_Process = subprocess.Popen[bytes]
_free: deque[_Process] = deque()  # Those that wait for work.


class BcryptGone(Exception):
    """No process hashed the password: it ended or said nothing, or none can be started, as where memory is short."""


def hashpw(secret: bytes, salt: bytes) -> bytes:
    """Hash as bcrypt.hashpw does, in a process that nobody else uses meanwhile; one is started where none is free.

    Raises ValueError as bcrypt does, and BcryptGone.
    """
    try:
        # One that waited for work may have ended meanwhile.
        with suppress(IndexError, BrokenPipeError):
            return _ask(_free.pop(), secret, salt)
        return _ask(_start(), secret, salt)
    except OSError as error:
        raise BcryptGone from error


def checkpw(secret: bytes, hashed: bytes) -> bool:
    """Check as bcrypt.checkpw does.

    Raises ValueError as bcrypt does, and BcryptGone.
    """
    return compare_digest(hashpw(secret, hashed), hashed)


def _start() -> _Process:
    """Start a process, in a session of its own, which has a share of its own. It ends with its input.

    Raises OSError.
    """
    environ = {name: value for name, value in os.environ.items() if name in _ENVIRON}
    return subprocess.Popen(  # noqa: S603 - a constant
        (*_COMMAND, str(niceness)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env=environ,
        start_new_session=True,
    )


def _ask(process: _Process, secret: bytes, salt: bytes) -> bytes:
    """Return the hash, and let the process wait for more work.

    Raises ValueError as bcrypt does, and OSError where the process has ended, says nothing, or something else.
    """
    try:
        answer = _answer(process, b"%s %s\n" % (secret.hex().encode(), salt))
        if not answer.startswith(_REFUSED) and not _is_of(answer, salt):
            raise BrokenPipeError
    except OSError:
        process.kill()
        process.communicate()
        raise
    _free.append(process)
    if answer.startswith(_REFUSED):
        raise ValueError(answer.removeprefix(_REFUSED).decode())
    return answer


def _answer(process: _Process, question: bytes) -> bytes:
    assert process.stdin
    assert process.stdout
    process.stdin.write(question)
    process.stdin.flush()
    waiting = select.poll()
    waiting.register(process.stdout, select.POLLIN)
    if not waiting.poll(PATIENCE * 1000):
        raise TimeoutError
    return process.stdout.readline().rstrip()


def _is_of(answer: bytes, salt: bytes) -> bool:
    """Tell whether this is the hash that was asked for, by its salt: each question has another."""
    return len(answer) == _HASH_LENGTH and answer[:_SALT_LENGTH] == salt[:_SALT_LENGTH]


def _end() -> None:
    """End the processes that wait for work."""
    while _free:
        _free.pop().communicate()


# Of a forked process: those of the one that it comes from are not its own.
os.register_at_fork(after_in_child=_free.clear)
# For commands; the server's processes run no atexit, and with them the input of theirs ends.
atexit.register(_end)


def main() -> None:
    """Hash one line after the other until there is no more; the niceness is the one argument, if any."""
    give_way(int(sys.argv[1]) if sys.argv[1:] else 0)
    # systemd sends it to all processes of a unit, and the server still needs what it has asked for.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Only hashes go to the pipe; what a library prints goes to standard error.
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers, suppress(BrokenPipeError):
        os.dup2(2, 1)
        for line in sys.stdin.buffer:
            answers.write(_hash(line) + b"\n")


def _hash(line: bytes) -> bytes:
    secret, _, salt = line.rstrip().partition(b" ")
    try:
        return bcrypt.hashpw(bytes.fromhex(secret.decode()), salt)
    except ValueError as error:
        return _REFUSED + str(error).encode()


if __name__ == "__main__":
    main()
