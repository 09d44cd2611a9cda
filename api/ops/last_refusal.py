"""Why the database refused the last reset, for /readyz: a probe cannot try a trigger or a policy on a row."""

import time

from shared.failures import ProbeFailed, explain

REMEMBERED = 600.0  # Seconds, unless another reset succeeds before.


class LastRefusal:
    """Remembers the last reset that failed for a reason that only an operator can remove."""

    def __init__(self) -> None:
        self._sentence, self._at = "", 0.0

    def note(self, error: Exception) -> None:
        """Remember why a reset was refused."""
        self._sentence, self._at = explain(error), time.monotonic()

    def forget(self) -> None:
        """Take note that a reset succeeded."""
        self._sentence = ""

    def check(self) -> None:
        """Raise ProbeFailed if the last reset was refused."""
        if self._sentence and time.monotonic() - self._at < REMEMBERED:
            raise ProbeFailed(f"The last reset was refused. {self._sentence}")
