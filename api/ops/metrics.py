"""GET /metrics: the totals of all processes and the state of the queue, for the operator's Prometheus only.

Every process answers the same, because the totals are in Redis. api/ops/counters.py lists them with their labels.
"""

from collections.abc import Iterator
from hmac import compare_digest
from itertools import accumulate

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis import Redis
from werkzeug.exceptions import NotFound
from werkzeug.routing import Rule

from api.ops.counters import COUNTS, Count, Counters
from api.ops.health import Readiness
from api.ops.memory import Memory
from shared.outbox.delivery_buckets import BUCKETS
from shared.outbox.pending import Pending
from shared.redis_keys import Key


class Metrics(Collector):
    """Collects the metrics for each scrape."""

    def __init__(self, redis: Redis, counters: Counters, memory: Memory, readiness: Readiness) -> None:
        self._redis = redis
        self._counters = counters
        self._memory = memory
        self._readiness = readiness

    def collect(self) -> Iterator[Metric]:
        """Publish this process's counts, and read the totals of all processes.

        Raises RedisError.
        """
        self._counters.publish()
        totals = {str(field): int(number) for field, number in self._redis.hgetall(Key.METRICS).items()}
        yield from (_counter(count, totals) for count in COUNTS)
        yield _delivery(totals)
        yield self._probes()
        for name, text, value in self._gauges():
            if value is not None:
                yield GaugeMetricFamily(f"latchkey_{name}", text, value)

    def _gauges(self) -> Iterator[tuple[str, str, float | None]]:
        pending, alive = Pending.count(self._redis), self._redis.exists(Key.HEARTBEAT)
        yield "outbox_pending", "Jobs accepted and not finished.", pending.jobs
        yield "outbox_oldest_seconds", "Seconds since the oldest job that is not finished was accepted.", pending.oldest
        yield "lanes", "Networks whose requests wait for a worker.", pending.lanes
        yield "dead_letters", "Jobs given up in the last 14 days.", pending.dead
        yield "worker_alive", "Whether a worker showed itself in the last 10 seconds.", alive
        yield "hashing_waiting", "Passwords that are hashed now, or wait for it.", self._counters.hashing()
        yield "redis_memory_ratio", "The part of its maxmemory that Redis uses.", self._memory.ratio

    def _probes(self) -> Metric:
        self._readiness.status()
        probes = self._readiness.probes
        family = GaugeMetricFamily("latchkey_probe_failing", "Whether a step would fail now.", labels=["probe"])
        for probe in probes.probes:
            family.add_metric([probe.name], probe.name in probes.failures)
        return family


def _counter(count: Count, totals: dict[str, int]) -> Metric:
    name = f"latchkey_{count.field}"
    if not count.label:
        return CounterMetricFamily(name, count.help, totals.get(count.field, 0))
    family = CounterMetricFamily(name, count.help, labels=[count.label])
    for value in count.values:
        family.add_metric([value], totals.get(f"{count.field}:{value}", 0))
    return family


def _delivery(totals: dict[str, int]) -> Metric:
    """Build the histogram, whose buckets are cumulative."""
    counts = accumulate(totals.get(f"delivery_le:{bucket}", 0) for bucket in BUCKETS)
    text = "Seconds from a request's acceptance to its mail."
    seconds = totals.get("delivery_ms", 0) / 1000
    return HistogramMetricFamily("latchkey_delivery_seconds", text, list(zip(BUCKETS, counts, strict=True)), seconds)


def register_metrics(app: Flask, metrics: Metrics, token: str) -> None:
    """Serve the metrics to clients that send the token. Without it, or if no token is set, they get a 404."""
    if not token:
        return
    registry = CollectorRegistry()
    registry.register(metrics)

    @app.endpoint("metrics")
    def scrape() -> Response:
        # Not parsed by werkzeug, which is slow with long ones.
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not compare_digest(shown.strip().encode(), token.encode()):
            raise NotFound
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    # The rule takes every method: a 405 would reveal that the endpoint exists.
    app.url_map.add(Rule("/metrics", endpoint="metrics"))
