"""Faults of the API: one of its server processes is killed."""

import os
from contextlib import suppress
from signal import SIGKILL

from tests.faults.bench import Loaded
from tests.faults.report import Promise
from tests.faults.run import Run
from tests.support.servers import wait_until

PROCESSES = 2
SOON = 2.0  # Seconds until requests are accepted again.
# Seconds. If a process dies twice within 5.5 s, granian assumes a crash loop and stops all of them; then the API's
# supervisor has to restart it.
BETWEEN_KILLS = 6.0


def kills(run: Run) -> None:
    """Kill one of the server processes, again and again; the other one goes on serving."""
    for _ in range(2 if run.short else 10):
        wait_until(lambda: len(run.stack.api.children()) == PROCESSES, "a server process is not replaced")
        with suppress(ProcessLookupError):
            os.kill(run.random.choice(run.stack.api.children()), SIGKILL)
        run.is_over()
        accepted = run.ledger.accepted_after(run.ends[-1])
        run.check("not accepted again in time", holds=accepted is not None and accepted < SOON)
        run.wait(BETWEEN_KILLS)
    run.check("the API itself has exited", holds=not run.stack.api.exits)


FAULTS = [
    Loaded("api-kills", "kill -9 of a server process, 10 times", Promise(SOON), kills, {"WEB_PROCESSES": "2"}),
]
