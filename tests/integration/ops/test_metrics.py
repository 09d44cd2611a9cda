"""GET /metrics answers only the operator, with correct numbers."""

import time

import pytest
from werkzeug.test import TestResponse

from api.passwords.hashing import HashingBusy
from shared.outbox.delivery_buckets import bucket
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.metrics import BEARER, TOKEN, counted, parsed
from tests.support.servers import RedisServer
from tests.support.service import Service


@pytest.fixture
def metered(make_service: MakeService) -> Service:
    return make_service(METRICS_TOKEN=TOKEN)


def scrape(service: Service) -> dict[str, float]:
    answer = service.client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return parsed(answer.get_data(as_text=True))


def seen(answer: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """Return everything that a stranger sees, except the request ID."""
    return answer.status_code, answer.data, {k: v for k, v in answer.headers.items() if k != "X-Request-ID"}


@pytest.mark.parametrize("token", [TOKEN, ""])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
@pytest.mark.parametrize(
    "shown",
    [
        None,
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        "Bearer ü",
    ],
)
def test_a_stranger_gets_the_same_404_as_for_an_unknown_path(
    share_service: MakeService, token: str, method: str, shown: str | None
) -> None:
    service = share_service(METRICS_TOKEN=token, CORS_ORIGINS="https://www.example.com")
    headers = {"Origin": "https://www.example.com"} | ({"Authorization": shown} if shown else {})

    metrics = service.client.open("/metrics", method=method, headers=headers)
    nothing = service.client.open("/nothing-here", method=method, headers=headers)

    assert seen(metrics) == seen(nothing)
    assert metrics.status_code == 404


def test_without_a_metrics_token_nobody_sees_the_metrics(service: Service) -> None:
    assert service.client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_metrics_are_not_in_the_openapi_document(metered: Service) -> None:
    assert b"metrics" not in metered.client.get("/openapi.json").data


def test_the_metrics_are_prometheus_text_with_every_counter_from_the_start(metered: Service) -> None:
    answer = metered.client.get("/metrics", headers=BEARER)
    metrics = parsed(answer.get_data(as_text=True))

    assert answer.content_type.startswith("text/plain; version=")
    assert counted(metrics) == {}
    assert metrics["requests_accepted_total"] == metrics["mails_retried_total:unsure"] == 0
    assert metrics["delivery_seconds_count"] == metrics["worker_alive"] == 0
    assert "redis_memory_ratio" not in metrics


def test_without_redis_the_metrics_are_a_problem_document(make_service: MakeService, own_redis: RedisServer) -> None:
    service = make_service(METRICS_TOKEN=TOKEN, REDIS_URL=own_redis.url)
    own_redis.stop()

    answer = service.client.get("/metrics", headers=BEARER)
    own_redis.start()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_request_over_the_quota_is_counted_as_limited_and_not_as_accepted(make_service: MakeService) -> None:
    silent = make_service(METRICS_TOKEN=TOKEN, FORGOT_LIMIT_PER_EMAIL="2/minute;3/hour")
    loud = make_service(
        create_table=False, METRICS_TOKEN=TOKEN, FORGOT_LIMIT_PER_EMAIL="2/hour", FORGOT_EMAIL_LIMIT_RESPONSE="429"
    )

    for service in (silent, loud):
        for _ in range(5):
            service.forgot(f"{id(service)}@example.com")
    scrape(silent)

    assert counted(scrape(loud)) == {"requests_accepted": 4, "requests_limited:address": 6}


@pytest.mark.parametrize("limits", ["2/minute", "2/minute;2/hour"])
def test_a_request_over_the_client_s_limits_is_counted_once(make_service: MakeService, limits: str) -> None:
    service = make_service(METRICS_TOKEN=TOKEN, FORGOT_LIMIT_PER_IP=limits, RESET_LIMIT_PER_IP=limits)

    for number in range(5):
        service.forgot(f"user{number}@example.com")
        service.check("no link")

    assert counted(scrape(service)) == {
        "requests_accepted": 2,
        "requests_limited:client": 3,
        "resets_refused:link": 2,
        "resets_limited:client": 3,
    }


def test_a_link_over_its_limit_is_counted(make_service: MakeService) -> None:
    service = make_service(METRICS_TOKEN=TOKEN, RESET_LIMIT_PER_LINK="2/minute")
    service.add_user("anna@example.com")
    link = service.link_for("anna@example.com")

    for _ in range(5):
        service.check(link)

    assert counted(scrape(service))["resets_limited:link"] == 3


def test_each_refusal_of_a_reset_is_counted_under_its_reason(metered: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise HashingBusy

    metered.add_user("anna@example.com")
    token = metered.link_for("anna@example.com")

    metered.reset(token, "short")
    with monkeypatch.context() as patch:
        patch.setattr("api.passwords.hashing.Hashing.slot", refuse)
        metered.reset(token)
    metered.sql("ALTER TABLE users RENAME TO people")
    metered.check(token)
    metered.sql("ALTER TABLE people RENAME TO users")
    metered.reset(token)
    metered.reset(token)

    assert counted(scrape(metered)) == {
        "requests_accepted": 1,
        "mails_sent:reset": 1,
        "resets_refused:password": 1,
        "resets_refused:busy": 1,
        "resets_refused:unavailable": 1,
        "resets_confirmed": 1,
        "resets_refused:link": 1,
    }


def test_a_malformed_request_is_not_counted(metered: Service) -> None:
    metered.forgot("no address")
    metered.client.get("/nothing-here")

    assert counted(scrape(metered)) == {}


def test_the_workers_counts_are_shown(metered: Service) -> None:
    metered.redis.hset(
        Key.METRICS, mapping={"mails_sent:reset": 3, "mails_buried:forgot": 2, "mails_doubled": 1, "other:x": 9}
    )

    assert counted(scrape(metered)) == {"mails_sent:reset": 3, "mails_buried:forgot": 2, "mails_doubled": 1}


def test_the_delivery_time_buckets_are_cumulative(metered: Service) -> None:
    for seconds in (0.05, 0.3, 0.3, 4000):
        metered.redis.hincrby(Key.METRICS, f"delivery_le:{bucket(seconds)}", 1)
        metered.redis.hincrby(Key.METRICS, "delivery_ms", int(seconds * 1000))

    metrics = scrape(metered)

    buckets = [metrics[f"delivery_seconds_bucket:{bound}"] for bound in ("0.1", "0.25", "0.5", "3600", "+Inf")]
    assert buckets == [1, 1, 3, 3, 4]
    assert (metrics["delivery_seconds_count"], metrics["delivery_seconds_sum"]) == (4, 4000.65)


def test_the_gauges_show_waiting_jobs_and_live_workers(metered: Service) -> None:
    metered.redis.zadd(Key.BURIED, {"dead": time.time() * 1e6})
    metered.forgot("anna@example.com")
    before = scrape(metered)
    metered.work()
    after = scrape(metered)

    names = ("outbox_pending", "lanes", "dead_letters", "worker_alive", "hashing_waiting")
    assert [before[name] for name in names] == [1, 1, 1, 0, 0]
    assert [after[name] for name in names] == [0, 0, 1, 1, 0]
    assert 0 <= before["outbox_oldest_seconds"] < 10
    assert "outbox_oldest_seconds" not in after
