"""Several connections to the relay, so that an email does not wait for the relay's answer to another one."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress

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
        (mailer,) = self.take(1)
        try:
            return mailer.send(message)
        finally:
            self._idle.append(mailer)

    def take(self, number: int) -> list[Mailer]:
        """Take so many mailers, for `connect`. Taken together they are different ones."""
        taken: list[Mailer] = []
        with suppress(IndexError):
            while len(taken) < number:
                taken.append(self._idle.pop())
        return taken + [self.make() for _ in range(number - len(taken))]

    def connect(self, mailer: Mailer) -> None:
        """Make sure that the connection of a taken mailer is open, and give it back. Failures do not matter."""
        with suppress(MailFailed):
            mailer.connect()
        self._idle.append(mailer)

    def close(self) -> None:
        """End all idle connections politely."""
        while self._idle:
            self._idle.pop().close()
