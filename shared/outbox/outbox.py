"""The outbox: a durable store in Redis of jobs that are accepted but not finished. Both programs use it.

A job stays here until it is finished, whatever happens to Celery's messages, which only say that jobs wait: one that is
delivered twice emails once, and the sweeper replaces one that Celery loses. Each step is one Lua script that uses
Redis's clock, and is atomic in memory and in the append-only file. shared/redis_keys.py lists what is stored;
worker/queue/consumer.py has the worker's steps.
"""

from collections import deque
from importlib.resources import files
from typing import Any

from redis import Redis

from shared.connections.quick_script import QuickScript
from shared.connections.redis_memory import ALLOW_FULL
from shared.outbox.history import HISTORY_HOURS, MAX_LIMITED_LINES, MAX_LINES
from shared.outbox.jobs import Job, message
from shared.redis_keys import LUA_KEYS, MICROSECONDS, lua_constants

UNBOUNDED = 2**53  # The worker finishes what was accepted, whatever OUTBOX_MAX says.


class OutboxFull(Exception):
    """OUTBOX_MAX jobs are waiting: nothing more is accepted."""

    hint = "OUTBOX_MAX jobs wait. Check that workers run and that the relay accepts emails, or raise OUTBOX_MAX."


def read_lua(package: str, name: str) -> str:
    """Return the text of a script in a package."""
    return (files(package) / f"{name}.lua").read_text()


def _prefix() -> str:
    """Return the beginning of every script of the outbox: constants and shared functions."""
    # The message, split where its id belongs.
    parts = ", ".join(f"[==[{part}]==]" for part in message("MESSAGE_ID").split("MESSAGE_ID"))
    constants = {
        "MESSAGE": f"{{{parts}}}",
        "HISTORY_SECONDS": HISTORY_HOURS * 3600,
        "MAX_LINES": MAX_LINES,
        "MAX_LIMITED_LINES": MAX_LIMITED_LINES,
    }
    return LUA_KEYS + lua_constants(constants) + read_lua("shared.outbox", "lua/outbox")


class Outbox:
    """Accepted jobs, kept in Redis until they are finished."""

    def __init__(self, redis: Redis, max_jobs: int = UNBOUNDED) -> None:
        self.redis = redis
        self._max_jobs = max_jobs
        self._free: deque[Any] = deque()
        self._add = self.script(read_lua("shared.outbox", "lua/add"))
        self._add_delayed = self.script(read_lua("shared.outbox", "lua/add_delayed"))
        self._promote = self.script(read_lua("shared.outbox", "lua/promote"), draining=True)
        self._cancel = self.script(read_lua("shared.outbox", "lua/cancel"), draining=True)

    def script(self, body: str, *, draining: bool = False, trusted_for: float = 0.0) -> QuickScript:
        """Register a script that may use the functions of shared/outbox/lua/outbox.lua.

        draining: it frees memory, so Redis runs it even if it is full. trusted_for: see QuickScript.
        """
        return QuickScript(self.redis, (ALLOW_FULL if draining else "") + _prefix() + body, self._free, trusted_for)

    def add(self, job: Job) -> bool:
        """Accept a job and queue it, in one step; tell whether it is new.

        Raises OutboxFull.
        """
        accepted_at = int(job.accepted_at * MICROSECONDS)
        result = self._add(args=[job.id, job.entry(), self._max_jobs, accepted_at])
        if result < 0:
            raise OutboxFull
        return bool(result)

    def add_delayed(self, job: Job, delay: float) -> bool:
        """Accept a change notice that is due in `delay` seconds, or when it is promoted; tell whether it is new."""
        return bool(self._add_delayed(args=[job.id, job.entry(), int(delay * MICROSECONDS)]))

    def promote(self, job_id: str, event: str = "") -> None:
        """Make a delayed job due at once, and record the event that it waited for."""
        self._promote(args=[job_id, event])

    def cancel(self, job_id: str) -> None:
        """Delete a job that turned out not to be needed."""
        self._cancel(args=[job_id])
