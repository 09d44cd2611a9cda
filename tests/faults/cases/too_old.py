"""An email that could not be sent within MAIL_MAX_AGE is dropped."""

from shared.redis_keys import Key
from tests.faults.bench import Loaded
from tests.faults.report import Promise
from tests.faults.run import Run

MAX_AGE = 60  # Seconds: the smallest allowed setting.
DIALOGUE = 2.0  # Seconds between the worker's check of the age and the relay's receipt.


def relay_down_for_longer(run: Run) -> None:
    """Refuse connections for longer than MAIL_MAX_AGE: emails that get too old must be dropped and counted.

    The backlog takes less than half of MAIL_MAX_AGE, so requests younger than that when mail flows again must be
    mailed.
    """
    relay = run.stack.relay
    relay.refuse()
    run.wait(MAX_AGE + 15)
    relay.listen()
    run.is_over()
    young = run.ends[-1] - MAX_AGE / 2
    run.owed = lambda number: run.ledger.sent[number] > young
    run.load.stop()
    run.settle()
    ages = [mail.at - run.ledger.sent[mail.number] for mail in run.ledger.mails]
    run.check(f"a mail was {max(ages):.0f} s old", holds=max(ages) < MAX_AGE + DIALOGUE)
    missing = len(run.ledger.lost(lambda _: True))
    dropped = run.stack.ask(lambda client: int(str(client.hget(Key.METRICS, "mails_dropped:forgot") or 0)))
    run.check(f"{missing} not mailed, and {dropped} counted as dropped", holds=missing == dropped)
    run.note(f"the oldest mail {max(ages):.1f} s old, {dropped} dropped as too old")


FAULTS = [
    Loaded(
        "too-old",
        "relay down for longer than MAIL_MAX_AGE",
        Promise(15),
        relay_down_for_longer,
        {"MAIL_MAX_AGE": str(MAX_AGE)},
    ),
]
