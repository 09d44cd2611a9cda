"""The arrival of one's own mail, task events and Redis's memory: whether they tell who has an account."""

from dataclasses import asdict
from statistics import median

from benchmarks import services
from benchmarks.channels import arrival
from benchmarks.channels.arrival import Arrival, Arrivals
from benchmarks.channels.memory import Growth
from benchmarks.channels.stacks import Plan
from benchmarks.channels.viewer import Seen
from benchmarks.figures import Estimate, interval, mean, nearest_rank
from benchmarks.results import Bench, Part, Promise, Table, shown

SHORT = Plan(processes=(1,), delays=(0.1,), experiments=4, spacing=0.6, grown=20)
MAX_DIFFERENCE = 0.03
MAX_MEDIAN = 2.0  # Seconds.
MAX_GROWTH = 0.02  # Difference between the classes, as a share.
_AUC = ("AUC", "95 % interval")


def run(bench: Bench) -> Part:
    """Measure, and return the results."""
    return planned(bench, SHORT if bench.short else Plan())


def planned(bench: Bench, plan: Plan) -> Part:
    """Measure what is planned, and return the results."""
    with services.users(bench.folder, 1) as server_url:
        return part(arrival.measure(bench.folder, server_url, plan))


def part(found: Arrival) -> Part:
    """Return the tables and the promises."""
    return Part("Arrival", _tables(found), _promises(found), raw=asdict(found))


def _tables(found: Arrival) -> tuple[Table, ...]:
    seen = [(one, feature, estimate) for one in found.seen for feature, estimate in one.features.items()]
    return (
        Table(
            "Whether the arrival of one's own mail tells if another address has an account (0.5: not at all)",
            ("", "experiments", "median s, without an account", "median s, with one", "not mailed", *_AUC),
            tuple(_row(each) for each in found.arrivals),
        ),
        Table(
            "Whether a viewer sees if the address of a single request has an account, 2 worker processes",
            ("", "requests", *_AUC),
            tuple((_feature(one, feature), f"{one.requests:,}", *_cells(estimate)) for one, feature, estimate in seen),
        ),
        Table(
            "From a request to its mail, at rest",
            ("", "mails", "p50 s", "p95 s"),
            tuple((_relay(one.delay), f"{len(one.to_mail):,}", *_times(one)) for one in found.seen),
        ),
        Table(
            "Growth of Redis with each request, once all are finished",
            ("", "bytes", "keys"),
            (
                ("with an account", shown(found.growth.known), shown(found.growth.known_keys)),
                ("without an account", shown(found.growth.unknown), shown(found.growth.unknown_keys)),
            ),
        ),
    )


def _promises(found: Arrival) -> tuple[Promise, ...]:
    return (
        *(_told(f"arrival, {_service(each)}", each.auc) for each in found.arrivals),
        _told("arrival, mean of all services", mean([each.auc for each in found.arrivals])),
        *(
            _told(f"viewer, {_feature(one, feature)}", estimate)
            for one in found.seen
            for feature, estimate in one.features.items()
        ),
        *(_soon(one) for one in found.seen),
        _grown(found.growth),
    )


def _row(each: Arrivals) -> tuple[str, ...]:
    times = [*each.unknown, *each.known]
    missing = sum(time == float("inf") for time in times)
    medians = (f"{median(one):.3f}" for one in (each.unknown, each.known))
    return _service(each), f"{len(times):,}", *medians, str(missing), *_cells(each.auc)


def _cells(estimate: Estimate) -> tuple[str, str]:
    return f"{estimate.value:.3f}", interval(estimate)


def _service(each: Arrivals) -> str:
    return f"{each.processes} process{'es' * (each.processes > 1)}, {_relay(each.delay)}"


def _feature(one: Seen, feature: str) -> str:
    return f"{feature}, {_relay(one.delay)}"


def _relay(delay: float) -> str:
    return f"relay {delay * 1000:.0f} ms"


def _times(one: Seen) -> tuple[str, str]:
    return f"{median(one.to_mail):.3f}", f"{nearest_rank(one.to_mail, 0.95):.3f}"


def _told(what: str, estimate: Estimate) -> Promise:
    """Return whether the interval reaches into the bound: single experiments scatter, and 1,200 by 0.033."""
    kept = estimate.low <= 0.5 + MAX_DIFFERENCE and estimate.high >= 0.5 - MAX_DIFFERENCE
    seen = f"{estimate.value:.3f} ({interval(estimate)})"
    return Promise(f"AUC, {what}", seen, f"0.5 within {MAX_DIFFERENCE}, or its interval reaches there", kept)


def _soon(one: Seen) -> Promise:
    middle = median(one.to_mail)
    text = f"median s from a request to its mail, {_relay(one.delay)}"
    return Promise(text, f"{middle:.3f}", f"below {MAX_MEDIAN:.0f}", middle < MAX_MEDIAN)


def _grown(growth: Growth) -> Promise:
    share = abs(growth.known - growth.unknown) / max(growth.known, growth.unknown)
    text = "Redis's growth with a request, difference between the classes"
    return Promise(text, f"{share:.1%}", f"at most {MAX_GROWTH:.0%}", share <= MAX_GROWTH)
