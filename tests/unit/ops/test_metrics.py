"""Metric names are the same in both programs, in Prometheus and in the documentation."""

import re
from pathlib import Path
from unittest.mock import Mock

import pytest

from api.ops.counters import COUNTS
from api.ops.metrics import Metrics
from api.ops.probes import api_probes, database_probes
from shared.outbox.delivery_buckets import bucket
from shared.outbox.pending import Pending

WATCH = (
    (Path(__file__).parents[3] / "docs" / "production.md").read_text().split("## What to watch")[1].split("\n## ")[0]
)
DELIVERY = "delivery_seconds"
OF_DATABASE = database_probes(Mock(), Mock(), Mock(), Mock())
PROBES = {probe.name for probe in api_probes(Mock(), Mock(), Mock(), OF_DATABASE).probes}


@pytest.fixture
def gauges(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setattr(Pending, "count", lambda _: Pending(0, 0, 0, 0, 0, 0, None))
    return {name for name, _, _ in Metrics(Mock(), Mock(), Mock(), Mock())._gauges()}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, "0.1"), (0, "0.1"), (0.1, "0.1"), (0.11, "0.25"), (1, "1"), (3599, "3600"), (3600, "3600"), (3601, "+Inf")],
)
def test_a_delivery_is_counted_in_the_first_bucket_that_holds_it(seconds: float, expected: str) -> None:
    assert bucket(seconds) == expected


def test_no_counter_is_listed_twice_and_each_is_told_in_one_sentence() -> None:
    assert len({count.field for count in COUNTS}) == len(COUNTS)
    assert [count.field for count in COUNTS if not re.fullmatch(r"[A-Z][^.]+\.", count.help)] == []


def test_a_label_has_values_and_only_a_label_has_them() -> None:
    assert [count.field for count in COUNTS if bool(count.label) != bool(count.values)] == []


def test_the_operator_s_table_lists_every_metric_with_its_labels(gauges: set[str]) -> None:
    expected = {f"{count.field}_total": set(count.values) for count in COUNTS} | {name: set() for name in gauges}
    expected |= {"probe_failing": PROBES}
    rows = re.findall(r"^\| `latchkey_(\w+)` \| (.*?) \|", WATCH, re.MULTILINE)

    assert {name: set(re.findall(r"`(\w+)`", labels)) - {"by", "kind", "probe", "reason"} for name, labels in rows} == {
        **expected,
        DELIVERY: set(),
    }


def test_an_alarm_names_metrics_that_there_are(gauges: set[str]) -> None:
    names = {f"{count.field}_total" for count in COUNTS} | gauges | {"probe_failing", DELIVERY, f"{DELIVERY}_bucket"}

    assert set(re.findall(r"latchkey_(\w+)", WATCH)) <= names
