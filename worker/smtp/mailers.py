"""Several connections to the relay, so that an email does not wait for the relay's answer to another one."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from flask_mail import Message

from worker.smtp.failures import MailFailed
from worker.smtp.mailer import Mailer


class Mailers:
    """Mailers with kept connections: the one that was used last is used first, so that the others may end."""

    def __init__(self, make: Callable[[], Mailer]) -> None:
        self.make = make
        self._idle: deque[Mailer] = deque()

    def send(self, message: Message) -> str:
        """Send the email and return the relay's answer.

        Raises what Mailer.send raises.
        """
        with self._one() as mailer:
            return mailer.send(message)

    def connect(self) -> None:
        """Make sure that a connection is open, so that the next email need not wait for it. Failures do not matter."""
        with self._one() as mailer, suppress(MailFailed):
            mailer.connect()

    def close(self) -> None:
        """End all idle connections politely."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _one(self) -> Iterator[Mailer]:
        try:
            mailer = self._idle.pop()
        except IndexError:
            mailer = self.make()
        try:
            yield mailer
        finally:
            self._idle.append(mailer)
