"""The names of the workers' probes, which the API must know."""

import pytest
from redis import Redis

import api.ops.probes
import worker.ops.probes
from tests.support.mails import ENVIRON
from worker.settings.settings import WorkerSettings


def names_in_worker() -> set[str]:
    return {probe.name for probe in worker.ops.probes.worker_probes(WorkerSettings.load(ENVIRON), Redis()).probes}


def test_the_api_asks_for_every_probe_of_the_workers() -> None:
    asked = {probe.name for probe in api.ops.probes.worker_probes(Redis())}

    assert {f"worker_{name}" for name in names_in_worker()} == asked - {"worker"}


def test_a_worker_with_a_probe_that_the_api_does_not_know_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.ops.probes, "WORKER_PROBES", ("take_jobs",))

    with pytest.raises(AssertionError):
        names_in_worker()
