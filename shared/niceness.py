"""How a process comes after others that want the same core."""

import os
import time
from contextlib import suppress
from pathlib import Path

# Of the worker and of hashing. Another session, at 0, gets nine times as much of a core that both want.
NICENESS = 10
_SESSION = Path("/proc/self/autogroup")
_TRIES, _PAUSE = 5, 0.15  # Linux takes one such wish in 0.1 s from all who are not root.


def give_way(niceness: int) -> None:
    """Take a niceness for this process and, where it leads a session, for that.

    Linux shares a core among sessions first (sched(7), autogroup), and niceness counts within one of them alone. Where
    there are no such sessions, or they take no wish, that step is left out without a word; in a container neither
    reaches beyond the container's own share.
    """
    with suppress(OSError):
        os.nice(niceness)
    give_way_with_session(niceness)


def give_way_with_session(niceness: int) -> None:
    """Take a niceness for the session of this process, where it leads one."""
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            _set_session(niceness)


def _set_session(niceness: int) -> None:
    for _ in range(_TRIES):
        try:
            _SESSION.write_text(str(niceness))
        except BlockingIOError:
            time.sleep(_PAUSE)
        else:
            return
