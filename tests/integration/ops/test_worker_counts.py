"""What workers count, in the Redis hash that /metrics reads."""

import pytest

from shared.outbox.delivery_buckets import BUCKETS, bucket
from shared.redis_keys import Key
from tests.integration.conftest import job
from tests.support.service import Service
from worker.plans import Outcome

ADDRESS = "anna@example.com"


def counts(service: Service) -> dict[str, int]:
    return {str(name): int(amount) for name, amount in service.redis.hgetall(Key.METRICS).items()}


def worker_counts(service: Service) -> dict[str, int]:
    """Return the counts without the delivery times."""
    return {name: amount for name, amount in counts(service).items() if not name.startswith("delivery_")}


def test_mails_are_counted_by_kind_with_their_delivery_time(service: Service) -> None:
    service.add_user(ADDRESS)

    service.reset(service.link_for(ADDRESS))
    service.work()

    found = counts(service)
    assert (found["mails_sent:reset"], found["mails_sent:password_changed"]) == (1, 1)
    assert sum(amount for name, amount in found.items() if name.startswith("delivery_le:")) == 2
    assert 0 <= found["delivery_ms"] < 20_000


def test_a_clock_that_is_ahead_does_not_lower_the_delivery_time(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.add_user(ADDRESS)
    service.forgot(ADDRESS)
    monkeypatch.setattr("shared.outbox.jobs.Job.age", -30.0)

    service.work()

    assert counts(service)["delivery_ms"] == 0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 later", "mails_retried:transient"),
        ("550 5.1.1 no such user", "mails_buried:forgot"),
        ("550 The from address does not match a verified Sender Identity", "mails_retried:misconfigured"),
    ],
)
def test_mails_that_are_not_sent_are_counted_by_outcome(service: Service, answer: str, expected: str) -> None:
    service.add_user(ADDRESS)
    service.relay.answer_to_data = answer
    service.forgot(ADDRESS)

    service.work()

    assert worker_counts(service)[expected] == 1
    assert "mails_sent:reset" not in counts(service)


def test_jobs_that_end_without_a_mail_are_counted_by_their_reason(service: Service) -> None:
    for _ in range(4):
        service.forgot("nobody@example.com")

    service.work()

    assert worker_counts(service) == {"jobs_ended:no_such_user": 3, "jobs_ended:over_quota": 1}


def test_a_mail_for_a_job_that_another_worker_finished_counts_as_duplicate(service: Service) -> None:
    worker = service.worker
    added = job()
    worker.outbox.add(added)
    mailed = Outcome("mailed_reset", "", {"mails_sent:reset": 1}, count_if_finished="mails_doubled")

    for _ in range(2):
        worker.intake.consumer.complete([(added, mailed)])

    assert counts(service) == {"mails_sent:reset": 1, "mails_doubled": 1}


def test_a_call_repeated_after_a_lost_answer_counts_no_second_mail(service: Service) -> None:
    worker = service.worker
    added = job()
    worker.outbox.add(added)
    mailed = Outcome("mailed_reset", "", {"mails_sent:reset": 1}, count_if_finished="mails_doubled")

    for repeated in (False, True):
        worker.intake.consumer.complete([(added, mailed)], repeated=repeated)

    assert counts(service) == {"mails_sent:reset": 1}


def test_swept_jobs_are_counted_by_reason(service: Service) -> None:
    service.forgot(ADDRESS)
    (identity,) = service.redis.hkeys(Key.JOBS)
    service.worker.intake.consumer.claim("a worker that died", 30, 1)
    service.redis.zadd(Key.LEASED, {str(identity): 1})

    service.worker.sweeper.sweep()

    assert counts(service) == {"jobs_swept:lease": 1}


def test_every_delivery_time_falls_into_a_bucket() -> None:
    assert [bucket(seconds) for seconds in (0.0, 0.1, 0.11, 61, 3600.1)] == ["0.1", "0.1", "0.25", "300", "+Inf"]
    assert [float(bound) for bound in BUCKETS] == sorted(float(bound) for bound in BUCKETS)
