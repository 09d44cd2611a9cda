"""The worker's priority: if programs compete for a core, an email can wait, but a request for one should not."""

import os
import time
from contextlib import suppress
from pathlib import Path

NICENESS = 10  # A process of another session, at 0, gets nine times as much of a core that both need.
_SESSION = Path("/proc/self/autogroup")
_TRIES, _PAUSE = 5, 0.15  # Unless root writes, Linux accepts a change only once in 0.1 s.


def lower_priority() -> None:
    """Lower the priority of this process and those that it starts."""
    with suppress(OSError):
        os.nice(NICENESS)


def lower_session_priority() -> None:
    """Lower the priority of the whole session, if this process leads one.

    Linux first divides a core among sessions (sched(7), autogroup), and niceness counts only within one of them.
    Without autogroups this does nothing. In a container neither reaches beyond the container's own share.
    """
    with suppress(OSError):
        for _ in range(_TRIES if os.getsid(0) == os.getpid() else 0):
            try:
                _SESSION.write_text(str(NICENESS))
            except BlockingIOError:
                time.sleep(_PAUSE)
            else:
                return
