"""The benchmarks of attacks: what they compute from what they saw, and that they show broken promises."""

from itertools import islice
from math import inf

import pytest

from benchmarks.channels import arrival_report
from benchmarks.channels.addresses import Fresh
from benchmarks.channels.arrival import Arrival, Arrivals
from benchmarks.channels.memory import Growth
from benchmarks.channels.viewer import FEATURES, Look, Seen, features
from benchmarks.figures import Estimate
from benchmarks.flooding import flood_report
from benchmarks.flooding.flood import Flood, Outcome
from benchmarks.flooding.flooder import Flooded, requests
from tests.tooling.benchmarks.test_parts import kept

BLIND = Estimate(0.5, 0.47, 0.53)
SAME = [number / 100 for number in range(100)]


def arrival(
    known: list[float] = SAME, feature: Estimate = BLIND, to_mail: float = 1.9, bytes_known: float = 500.0
) -> Arrival:
    seen = Seen(0.3, 200, {"run time of the tasks": feature}, [to_mail] * 3)
    return Arrival([Arrivals(8, 0.3, known, SAME)], [seen], Growth(bytes_known, 500.0, 3.0, 3.0))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (arrival(), [True, True, True, True, True]),
        (arrival(known=[time + 0.3 for time in SAME]), [False, False, True, True, True]),
        (arrival(known=[time - 0.3 for time in SAME]), [False, False, True, True, True]),
        (arrival(feature=Estimate(0.56, 0.529, 0.59)), [True, True, True, True, True]),
        (arrival(feature=Estimate(0.56, 0.531, 0.59)), [True, True, False, True, True]),
        (arrival(feature=Estimate(0.44, 0.41, 0.469)), [True, True, False, True, True]),
        (arrival(to_mail=2.0), [True, True, True, False, True]),
        (arrival(bytes_known=489.0), [True, True, True, True, False]),
    ],
)
def test_each_channel_has_its_bound(found: Arrival, expected: list[bool]) -> None:
    assert kept(arrival_report.part(found)) == expected


def test_a_mail_that_never_comes_counts_as_the_latest_and_is_shown() -> None:
    found = Arrivals(1, 0.0, known=[1.0, inf, inf], unknown=[1.0, 2.0, 3.0])

    part = arrival_report.part(Arrival([found], [], Growth(1.0, 1.0, 1.0, 1.0)))

    assert found.auc.value == pytest.approx((0.5 + 3 + 3) / 9)
    assert part.tables[0].rows[0][:5] == ("1 process, relay 0 ms", "6", "2.000", "inf", "2")


def event(kind: str, task: str, at: float, **more: float) -> dict[str, object]:
    return {"type": f"task-{kind}", "uuid": task, "timestamp": at} | more


def test_a_viewer_sees_the_tasks_between_one_request_and_the_next() -> None:
    events = [
        event("succeeded", "before", 9.9, runtime=50.0),
        event("received", "one", 10.1),
        event("received", "other", 10.2),
        event("succeeded", "one", 10.4, runtime=0.25),
        event("succeeded", "other", 10.9, runtime=0.5),
        event("received", "after", 12.0),
    ]

    seen = features(events, Look(known=True, at=10.0, used=1000, keys=5), Look(known=False, at=12.0, used=1300, keys=8))

    assert seen == pytest.approx(dict(zip(FEATURES, (0.75, 0.7, 0.9, 2.0, 300.0, 3.0), strict=True)))


def test_a_viewer_who_sees_no_task_sees_zeros() -> None:
    look = Look(known=True, at=10.0, used=1000, keys=5)

    assert set(features([], look, look).values()) == {0.0}


def test_no_address_is_handed_out_twice() -> None:
    fresh = Fresh(50)

    known, unknown = ([fresh.one(known=label) for _ in range(50)] for label in (True, False))

    assert known == fresh.accounts
    assert len({*known, *unknown}) == 100
    assert len({len(address) for address in (*known, *unknown)}) == 1


def flood(to_mail: list[float], dropped: int = 0, asked: int = 100) -> Outcome:
    return Outcome(
        Flood("one /48"),
        Flooded({202: 600, 429: 300, 503: 100}, 10.0),
        {202: len(to_mail), 503: asked - len(to_mail)},
        to_mail,
        dropped,
    )


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (flood([9.9] * 100), [True, True, True]),
        (flood([9.9] * 99 + [inf]), [False, True, True]),
        (flood([9.9] * 99), [False, True, True]),
        (flood([9.9] * 94 + [10.0] * 6), [True, False, True]),
        (flood([9.9] * 94), [False, False, True]),
        (flood([9.9] * 100, dropped=1), [True, True, False]),
    ],
)
def test_the_bounds_on_what_a_flood_does_to_honest_people(outcome: Outcome, expected: list[bool]) -> None:
    assert kept(flood_report.part([outcome])) == expected


def test_a_flood_is_shown_by_status_and_a_refused_person_never_gets_a_mail() -> None:
    part = flood_report.part([flood([1.0] * 40)])

    assert part.tables[0].rows == (("one /48", "10", "60", "30", "10"),)
    assert part.tables[1].rows == (("one /48", "100", "60", "40", "never", "never", "0"),)
    assert "40 of 100" in " ".join(promise.seen for promise in part.promises)


def test_a_flood_spreads_over_its_networks_and_their_clients() -> None:
    heads = [request.split(b"X-Forwarded-For: ")[1].split(b"\r\n")[0] for request in islice(requests(2), 5)]

    assert heads == [b"2001:db8:0:0::1", b"2001:db8:1:0::1", b"2001:db8:0:1::1", b"2001:db8:1:1::1", b"2001:db8:0:2::1"]
