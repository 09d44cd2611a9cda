"""What a job has come to: a plan, and when it is carried out, an outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from logging import INFO

from flask_mail import Message

from shared.outbox.jobs import Job


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job: a line for the history of its address, and the counters to increase.

    count_if_finished: the counter to increase instead if another worker has already finished the job.
    """

    event: str = ""
    detail: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    count_if_finished: str = ""


@dataclass(frozen=True)
class Plan:
    """What a job has come to: an outcome, and before it an email if there is one to write and send.

    event, details, level: the log line that tells so.
    """

    job: Job
    outcome: Outcome
    event: str
    details: Mapping[str, object] = field(default_factory=dict)
    write: Callable[[], Message] | None = None
    level: int = INFO
