"""bcrypt in processes of its own, which give way to all others. `python -m api.bcrypt_apart` is one of them.

In a thread of the server it would come after the server's others, and not after Redis, PostgreSQL and the worker on the
same machine: Linux shares a core among sessions before it looks at niceness, and bcrypt would use up the server's
share. While 50 clients set passwords, the p99 of a request for a link was 70 ms with a thread and 10 with a process.
"""

import atexit
import os
import subprocess
import sys
from collections import deque
from contextlib import suppress
from hmac import compare_digest

import bcrypt

from shared.niceness import give_way

NICENESS = 10  # Whoever is not nice gets nine times its share of a core that both want.
_COMMAND = (sys.executable, "-m", "api.bcrypt_apart")
_REFUSED = b"!"

_Process = subprocess.Popen[bytes]
_free: deque[_Process] = deque()


class BcryptGone(Exception):
    """The process that hashed a password has ended, as where memory is short."""


def hashpw(secret: bytes, salt: bytes) -> bytes:
    """Hash as bcrypt.hashpw does, in a process that nobody else uses meanwhile; one is started where none is free.

    Raises ValueError as bcrypt does, and BcryptGone.
    """
    try:
        process = _take()
        answer = _ask(process, b"%s %s\n" % (secret.hex().encode(), salt))
    except OSError:
        raise BcryptGone from None
    _free.append(process)
    if answer.startswith(_REFUSED):
        raise ValueError(answer.removeprefix(_REFUSED).decode())
    return answer


def checkpw(secret: bytes, hashed: bytes) -> bool:
    """Check as bcrypt.checkpw does.

    Raises ValueError as bcrypt does, and BcryptGone.
    """
    return compare_digest(hashpw(secret, hashed), hashed)


def _take() -> _Process:
    """Return a process that waits for work.

    Raises OSError where none can be started.
    """
    with suppress(IndexError):
        return _free.pop()
    # In a session of its own it has a share of its own, and Ctrl-C is for the server. It ends with its input.
    return subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)  # noqa: S603 - a constant


def _ask(process: _Process, question: bytes) -> bytes:
    """Return the answer to a line.

    Raises OSError where the process has ended.
    """
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(question)
        process.stdin.flush()
        if not (answer := process.stdout.readline()).endswith(b"\n"):
            raise BrokenPipeError
    except OSError:
        process.kill()
        process.communicate()
        raise
    return answer.rstrip()


def _end() -> None:
    """End the processes that wait for work."""
    while _free:
        _free.pop().communicate()


# The answer to one must not be read by another. The server's processes are forked; theirs are their own.
os.register_at_fork(after_in_child=_free.clear)
atexit.register(_end)


def main() -> None:
    """Hash one line after the other until there is no more."""
    give_way(NICENESS)
    for line in sys.stdin.buffer:
        secret, _, salt = line.rstrip().partition(b" ")
        try:
            answer = bcrypt.hashpw(bytes.fromhex(secret.decode()), salt)
        except ValueError as error:
            answer = _REFUSED + str(error).encode()
        sys.stdout.buffer.write(answer + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
