"""Connections that are taken together are different ones, and the one that was used last is used first."""

from typing import Any

from worker.smtp.failures import TransientFailure
from worker.smtp.mailers import Mailers


class FakeMailer:
    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.connected = self.closed = 0

    def connect(self) -> None:
        self.connected += 1
        if self.fails:
            raise TransientFailure("no relay")

    def send(self, message: Any) -> str:
        return f"250 {message}"

    def close(self) -> None:
        self.closed += 1


def make(made: list[FakeMailer], *, fails: bool = False) -> Mailers:
    def one() -> Any:
        made.append(FakeMailer(fails=fails))
        return made[-1]

    return Mailers(one)


def test_mailers_that_are_taken_together_are_different_ones() -> None:
    """Otherwise one open connection would pass for several, and the second email would have to connect first."""
    made: list[FakeMailer] = []
    mailers = make(made)
    mailers.connect(mailers.take(1)[0])

    taken = mailers.take(3)
    for mailer in taken:
        mailers.connect(mailer)

    assert len({id(mailer) for mailer in taken}) == len(made) == 3
    assert sorted(mailer.connected for mailer in made) == [1, 1, 2]


def test_the_mailer_that_was_used_last_is_used_first_and_no_more_are_made() -> None:
    made: list[FakeMailer] = []
    mailers = make(made)
    first, second = mailers.take(2)
    mailers.connect(first)
    mailers.connect(second)

    assert mailers.send("mail") == "250 mail"  # type: ignore[arg-type]
    assert mailers.take(2) == [second, first]
    assert len(made) == 2


def test_a_relay_that_is_away_does_not_matter_before_there_is_a_mail() -> None:
    made: list[FakeMailer] = []
    mailers = make(made, fails=True)

    mailers.connect(mailers.take(1)[0])
    mailers.close()

    assert (made[0].connected, made[0].closed) == (1, 1)
