"""Probes: each failure is one sentence in the log and one line in the metrics, and a probe leaves no trace."""

import shutil
import time
from types import SimpleNamespace

import pytest
from redis import Redis

import shared.connections.redis_clock
from shared.outbox.outbox import Outbox
from shared.probes import Probe, Probes
from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.metrics import BEARER, TOKEN
from tests.support.servers import RedisServer, wait_until
from tests.support.service import Service
from worker.queue.heartbeat import HEARTBEAT_TIMEOUT, Heartbeat


def hints(service: Service) -> dict[str, str]:
    return {event["probe"]: event["hint"] for event in service.events("probe_failed")}


def test_a_rehearsed_request_leaves_nothing_in_redis(service: Service) -> None:
    service.client.get("/readyz")

    assert service.redis.keys("*") == []


def test_a_rehearsed_request_disturbs_no_job_that_waits(service: Service) -> None:
    service.add_user("anna@example.com")
    service.forgot("anna@example.com")

    service.client.get("/readyz")
    service.work()

    assert len(service.relay.mails) == 1


def read_only(redis: Redis) -> None:
    redis.replicaof("127.0.0.1", 1)


def unable_to_save(redis: Redis) -> None:
    """Take its folder away, and let it notice."""
    redis.config_set("save", "3600 1")
    shutil.rmtree(str(redis.config_get("dir")["dir"]))
    redis.bgsave()
    wait_until(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "err", "it could save")


def without_scripts(redis: Redis) -> None:
    redis.acl_setuser("default", enabled=True, categories=["-@scripting"])


def short_of_replicas(redis: Redis) -> None:
    redis.config_set("min-replicas-to-write", 1)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (read_only, "is a replica and refuses writes"),
        (unable_to_save, "cannot write to its disk"),
        (without_scripts, "ACL SETUSER NAME allcommands"),
        (short_of_replicas, "too few replicas"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_redis_that_takes_no_request_makes_the_api_unavailable_and_is_explained(
    make_service: MakeService, own_redis: RedisServer, spoil: object, told: str
) -> None:
    service = make_service(REDIS_URL=own_redis.url)
    assert callable(spoil)
    spoil(service.redis)

    answer = service.client.get("/readyz")

    assert (answer.status_code, answer.json) == (503, {"status": "unavailable"})
    assert told in hints(service)["accept_request"]
    assert service.forgot("anna@example.com").status_code == 503
    service.redis.config_set("save", "")  # Otherwise it would not end without having saved.


def test_a_full_outbox_makes_the_api_unavailable(make_service: MakeService) -> None:
    service = make_service(OUTBOX_MAX="1")
    service.forgot("anna@example.com")

    assert service.client.get("/readyz").status_code == 503
    assert "OUTBOX_MAX" in hints(service)["accept_request"]


def test_every_failing_step_is_named_in_the_log_and_in_the_metrics(make_service: MakeService) -> None:
    service = make_service(create_table=False, METRICS_TOKEN=TOKEN)

    service.client.get("/readyz")
    metrics = service.client.get("/metrics", headers=BEARER).get_data(as_text=True)

    assert hints(service).keys() == {"worker", "find_users"}
    for probe, failing in {"accept_request": 0.0, "worker": 1.0, "find_users": 1.0}.items():
        assert f'latchkey_probe_failing{{probe="{probe}"}} {failing}' in metrics


def test_a_failure_is_logged_once_a_minute_and_once_when_it_is_over(service: Service) -> None:
    state = {"broken": True}

    def attempt() -> None:
        if state["broken"]:
            raise OSError

    probes = Probes([Probe("step", attempt)])
    for _ in range(3):
        probes.run()
    state["broken"] = False
    for _ in range(3):
        probes.run()

    assert [event["probe"] for event in service.events("probe_failed")] == ["step"]
    assert [event["probe"] for event in service.events("probe_recovered")] == ["step"]


def test_a_probe_that_would_only_repeat_a_failure_is_skipped(service: Service) -> None:
    def fail() -> None:
        raise OSError

    probes = Probes([Probe("first", fail), Probe("second", fail, after="first"), Probe("third", fail, after="second")])
    probes.run()

    assert probes.failures.keys() == {"first"}


def test_what_a_worker_tells_is_logged_and_counted_by_the_api(make_service: MakeService) -> None:
    service = make_service(METRICS_TOKEN=TOKEN)
    told = {"take_jobs": "Its consumer is away.", "clock": "It is late."}
    Heartbeat(Outbox(service.redis)).beat(told, memory_short=False)

    answer = service.client.get("/readyz")
    metrics = service.client.get("/metrics", headers=BEARER).get_data(as_text=True)

    assert (answer.status_code, answer.json) == (200, {"status": "degraded"})
    assert hints(service)["worker_take_jobs"] == "Its consumer is away."
    assert hints(service)["worker_clock"] == "It is late."
    assert "No worker takes jobs" in hints(service)["worker"]
    assert 'latchkey_probe_failing{probe="worker_clock"} 1.0' in metrics
    assert 'latchkey_probe_failing{probe="worker_find_users"} 0.0' in metrics


def test_of_two_workers_the_one_that_takes_no_jobs_is_told(service: Service) -> None:
    Heartbeat(Outbox(service.redis)).beat({}, memory_short=False)
    Heartbeat(Outbox(service.redis)).beat({"take_jobs": "Its pool is stopped."}, memory_short=False)

    assert service.client.get("/readyz").json == {"status": "degraded"}
    assert hints(service) == {"worker_take_jobs": "Its pool is stopped. (So say 1 of 2 workers.)"}


def test_a_worker_that_tells_nothing_more_is_forgotten(service: Service) -> None:
    dead, alive = Heartbeat(Outbox(service.redis)), Heartbeat(Outbox(service.redis))
    dead.beat({"take_jobs": "Its pool is stopped."}, memory_short=False)
    (name,) = service.redis.hkeys(Key.WORKERS)
    service.redis.hset(Key.WORKERS, name, '{"at": 1, "failing": {"take_jobs": "Its pool is stopped."}}')

    alive.beat({}, memory_short=False)

    assert service.client.get("/readyz").json == {"status": "ok"}
    assert 0 < service.redis.ttl(Key.WORKERS) <= HEARTBEAT_TIMEOUT
    alive.stop()
    assert not service.redis.exists(Key.WORKERS, Key.HEARTBEAT)


def test_a_worker_of_an_earlier_version_tells_nothing_and_is_alive(service: Service) -> None:
    service.redis.set(Key.HEARTBEAT, 1, ex=10)

    assert service.client.get("/readyz").json == {"status": "ok"}


@pytest.mark.parametrize(
    ("ahead", "told"), [(0.0, ""), (4.0, ""), (300.0, "300 s ahead of that"), (-300.0, "300 s behind that")]
)
def test_a_clock_that_differs_from_that_of_redis_is_told(
    service: Service, monkeypatch: pytest.MonkeyPatch, ahead: float, told: str
) -> None:
    service.work()
    now = time.time
    monkeypatch.setattr(shared.connections.redis_clock, "time", SimpleNamespace(time=lambda: now() + ahead))

    answer = service.client.get("/readyz")

    assert answer.json == {"status": "degraded" if told else "ok"}
    assert told in hints(service).get("clock", "")
