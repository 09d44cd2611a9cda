"""Faults that mail relays have in practice."""

from tests.faults.bench import Loaded
from tests.faults.relay import Mood
from tests.faults.report import Promise
from tests.faults.run import Run

SOON = 15.0  # Seconds until mail must flow again after the relay has recovered.


def refusing(run: Run) -> None:
    """Close the port."""
    run.stack.relay.refuse()
    run.wait(6 if run.short else 60)
    run.stack.relay.listen()
    run.is_over()


def busy(run: Run) -> None:
    """Greet every connection with a 421."""
    _in_a_mood(run, Mood.BUSY, 30)


def silent(run: Run) -> None:
    """Accept connections and say nothing."""
    _in_a_mood(run, Mood.SILENT, 20)


def dropping_in_data(run: Run) -> None:
    """Drop each connection in the middle of the message."""
    _in_a_mood(run, Mood.DROPS_IN_DATA, 20)


def dropping_after_dot(run: Run) -> None:
    """Accept each message and drop the connection without an answer."""
    _in_a_mood(run, Mood.DROPS_AFTER_DOT, 10)
    run.note("copies have one Message-ID each")


def failing_quit(run: Run) -> None:
    """Drop the connection at QUIT."""
    _in_a_mood(run, Mood.FAILS_QUIT, 20)


def refusing_the_sender(run: Run) -> None:
    """Refuse every message for its sender, as a relay does where somebody has to verify it; no job is buried."""
    _in_a_mood(run, Mood.REFUSES_SENDER, 60)


def greylisting(run: Run) -> None:
    """Answer a third of the recipients with 450 once, and accept them the next time."""
    seen: set[int] = set()

    def answer(number: int) -> str:
        if number % 3 == 0 and number not in seen:
            seen.add(number)
            return "450 Come again"
        return "250 OK"

    run.stack.relay.answer_to = answer
    run.wait(5 if run.short else 30)
    run.stack.relay.answer_to = lambda _number: "250 OK"
    run.is_over()


def refusing_one_in_ten(run: Run) -> None:
    """Always answer one recipient in ten with 550; these jobs are buried without delaying others."""
    run.owed = lambda number: number % 10 != 0
    run.stack.relay.answer_to = lambda number: "250 OK" if number % 10 else "550 No such user"
    run.wait(5 if run.short else 30)
    run.is_over()


def _in_a_mood(run: Run, mood: Mood, seconds: float) -> None:
    run.stack.relay.become(mood)
    run.wait(min(seconds, 3) if run.short else seconds)
    run.stack.relay.become(Mood.WELL)
    run.is_over()


FAULTS = [
    Loaded("relay-refusing", "relay refuses connections for 60 s", Promise(SOON), refusing),
    Loaded("relay-421", "relay answers 421 for 30 s", Promise(SOON), busy),
    Loaded("relay-450", "relay answers 450 once to a third", Promise(SOON, gap=2), greylisting),
    Loaded("relay-silent", "relay silent for 20 s", Promise(SOON), silent),
    Loaded("relay-mid-data", "relay drops in the mail for 20 s", Promise(SOON), dropping_in_data),
    Loaded("relay-after-dot", "relay drops after the final dot for 10 s", Promise(SOON, twice=1), dropping_after_dot),
    Loaded("relay-quit", "relay fails at QUIT", Promise(SOON, gap=2), failing_quit),
    Loaded("relay-sender", "relay refuses the sender for 60 s", Promise(SOON), refusing_the_sender),
    Loaded("relay-550", "relay answers 550 to one in ten", Promise(SOON, gap=2), refusing_one_in_ten),
]
