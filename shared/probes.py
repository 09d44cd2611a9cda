"""Probes: each tries one step that a request, a job or a reset will take, and leaves no trace."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from logging import ERROR, WARNING

from shared.failures import explain
from shared.log import get_logger

TAKE_JOBS = "take_jobs"
"""The worker's probe that fails while it takes no jobs."""
WORKER_PROBES = (TAKE_JOBS, "redis_rights", "clock", "find_users", "load_user", "row_security")
"""The probes of the worker, which tells the API those that fail."""
RARE_INTERVAL = 60.0  # Seconds.
LOG_INTERVAL = 60.0  # Seconds after which a failure that lasts is logged again.

log = get_logger(__name__)


@dataclass(frozen=True)
class Probe:
    """A step and how to try it. `attempt` raises any exception that shared/failures.py can explain.

    after: the name of a probe; if that one fails, this one would only repeat it, and is skipped.
    stops_requests: whether no request for a link is accepted while it fails.
    is_hint: whether all works nevertheless, so that it is only a warning.
    """

    name: str
    attempt: Callable[[], None]
    after: str = ""
    stops_requests: bool = False
    is_hint: bool = False


class Rarely:
    """Makes an attempt at most once a minute, and raises again what it raised: for probes that take longer.

    keeps_failures: False to make the next attempt at once after one that failed.
    """

    def __init__(self, attempt: Callable[[], None], *, keeps_failures: bool = True) -> None:
        self._attempt, self._keeps_failures = attempt, keeps_failures
        self._error: Exception | None = None
        self._tried_at = float("-inf")

    def __call__(self) -> None:
        """Make the attempt if it is due."""
        if time.monotonic() - self._tried_at >= RARE_INTERVAL:
            self._error = None
            try:
                self._attempt()
            except Exception as error:
                if not self._keeps_failures:
                    raise
                self._error = error
            self._tried_at = time.monotonic()
        if self._error:
            raise self._error.with_traceback(None)


class Probes:
    """Runs probes, and logs each failure when it begins, once a minute while it lasts, and when it is over.

    failures: a sentence with a hint for each probe that failed in the last run. Not thread-safe.
    """

    def __init__(self, probes: Sequence[Probe]) -> None:
        self.probes = tuple(probes)
        self.failures: dict[str, str] = {}
        self._logged_at: dict[str, float] = {}

    def run(self) -> None:
        """Try every step."""
        failures: dict[str, str] = {}
        skipped: set[str] = set()
        for probe in self.probes:
            if probe.after in failures or probe.after in skipped:
                skipped.add(probe.name)
                continue
            try:
                probe.attempt()
            except Exception as error:
                failures[probe.name] = explain(error)
        self.failures = failures
        self._log(skipped)

    @property
    def status(self) -> str:
        """`unavailable` if no request for a link is accepted now, `degraded` if emails or resets must wait, or `ok`."""
        failing = [probe for probe in self.probes if probe.name in self.failures and not probe.is_hint]
        if any(probe.stops_requests for probe in failing):
            return "unavailable"
        return "degraded" if failing else "ok"

    def _log(self, skipped: set[str]) -> None:
        now = time.monotonic()
        for probe in self.probes:
            name = probe.name
            if name in self.failures and now - self._logged_at.get(name, -LOG_INTERVAL) >= LOG_INTERVAL:
                level = WARNING if probe.is_hint else ERROR
                log.log(level, "probe_failed", probe=name, hint=self.failures[name])
                self._logged_at[name] = now
        for name in self._logged_at.keys() - self.failures.keys() - skipped:
            log.warning("probe_recovered", probe=name)
            del self._logged_at[name]
