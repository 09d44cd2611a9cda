"""The short growth and timing benchmarks measure the right things. Only the full run judges the figures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks import growth
from benchmarks.channels import timing
from benchmarks.sink import Sink, sink
from tests.conftest import require_redis

pytestmark = pytest.mark.slow


@pytest.fixture
def relay() -> Iterator[Sink]:
    require_redis()
    with sink() as taken:
        yield taken


@pytest.fixture
def server_url(postgres: Any) -> Iterator[str]:
    url = str(postgres.get_uri())
    yield url
    with psycopg.connect(url) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname ~ 'growth|timing'").fetchall()
    assert left == []


def test_each_class_of_requests_is_timed_as_often_as_the_other(relay: Sink, server_url: str, tmp_path: Path) -> None:
    number = timing.SHORT_REQUESTS

    timed = timing.measure(tmp_path, server_url, relay, short=True)

    assert timed.statuses == {202: 5 * number}
    assert timed.mails == number
    assert [found.requests for found in (timed.known, timed.next_one, timed.limited, timed.asked)] == [
        2 * number,
        2 * number - 1,
        2 * number,
        2 * number,
    ]
    for found in (timed.known, timed.limited, timed.asked):
        assert all(0.0001 < time < 1 for time in found.medians)
        assert 0.2 < found.auc.low < found.auc.value < found.auc.high < 0.8


@pytest.mark.parametrize("compare", [growth.waiting, growth.clients])
def test_two_sides_are_measured_alternately(compare: Any, relay: Sink, server_url: str, tmp_path: Path) -> None:
    scale = growth.SHORT

    (grown,) = compare(tmp_path, server_url, relay, scale)

    sizes = {"waiting jobs": scale.waiting, "clients in the limiter": scale.clients}[grown.what]
    assert (grown.base, grown.grown) == tuple(sizes)
    assert grown.statuses == {202: 2 * scale.rounds * scale.requests}
    assert grown.mails == 2 * scale.rounds * scale.requests
    assert relay.count() == 2 * (scale.rounds + 1) * scale.requests
    for figure in grown.figures:
        assert 0 < figure.base < 1000
        assert figure.ratio.low <= figure.ratio.value <= figure.ratio.high
