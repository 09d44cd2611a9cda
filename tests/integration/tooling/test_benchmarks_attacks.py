"""The short benchmarks of attacks measure the right things. Only the full run judges the figures."""

import smtplib
import time
from math import inf
from pathlib import Path
from typing import Any

import pytest

from benchmarks.channels import arrival
from benchmarks.channels.arrival_report import SHORT
from benchmarks.channels.viewer import FEATURES
from benchmarks.flooding import flood
from benchmarks.flooding.flood import Flood
from benchmarks.services import UNLIMITED
from benchmarks.sink import sink
from tests.conftest import require_redis

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def server_url(postgres: Any) -> str:
    require_redis()
    return str(postgres.get_uri())


def test_every_experiment_ends_with_the_attackers_own_mail(server_url: str, tmp_path: Path) -> None:
    found = arrival.measure(tmp_path, server_url, SHORT)

    (arrivals,) = found.arrivals
    assert (arrivals.processes, arrivals.delay) == (1, 0.1)
    assert len(arrivals.known) == len(arrivals.unknown) == SHORT.experiments
    assert all(0.1 < seconds < inf for seconds in (*arrivals.known, *arrivals.unknown))
    (seen,) = found.seen
    assert tuple(seen.features) == FEATURES
    assert len(seen.to_mail) == SHORT.experiments
    assert all(0.1 < seconds < inf for seconds in seen.to_mail)
    assert found.growth.known > 100
    assert found.growth.unknown > 100


def test_honest_people_are_counted_beside_the_flood(server_url: str, tmp_path: Path) -> None:
    outcome = flood.measure(tmp_path, server_url, Flood("a short one", 2, UNLIMITED, 2.0, {"MAIL_MAX_AGE": "600"}))

    assert outcome.rate(202) > 10
    assert outcome.asked == 2
    assert outcome.mailed == len(outcome.to_mail) == outcome.honest.get(202, 0)
    assert outcome.dropped == 0


def test_a_relay_that_takes_notes_knows_when_each_address_got_its_first_mail(tmp_path: Path) -> None:
    with sink(0.05, tmp_path / "notes") as relay, smtplib.SMTP("127.0.0.1", relay.port) as client:
        begun = time.perf_counter()
        for number in (12, 34, 12):
            client.sendmail("from@example.com", f"u{number}@example.com", "Subject: a mail\r\n\r\n")
        arrivals = relay.arrivals()

    assert set(arrivals) == {"u12@example.com", "u34@example.com"}
    assert begun + 0.05 <= arrivals["u12@example.com"] <= arrivals["u34@example.com"] - 0.05
