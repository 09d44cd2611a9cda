"""Flower shows operators the worker, the queue and the tasks, behind a password and without private data."""

import json

import pytest

from tests.e2e.demo import Demo, fetch
from tests.support.servers import wait_until


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker", "/api/tasks", "/api/workers"])
def test_flower_asks_for_a_password(demo: Demo, path: str) -> None:
    assert fetch(demo.url(path, "FLOWER_PORT"))[0] == 401


def test_flower_shows_the_worker_and_its_queue(demo: Demo) -> None:
    workers = json.loads(demo.flower("/api/workers?refresh=1"))

    assert len(workers) == 1
    assert [queue["name"] for queue in next(iter(workers.values()))["active_queues"]] == ["latchkey"]
    queues = json.loads(demo.flower("/api/queues/length"))["active_queues"]
    assert [queue["name"] for queue in queues] == ["latchkey"]


def test_flower_shows_the_tasks_without_their_arguments(demo: Demo) -> None:
    demo.post("/forgot-password", {"email": "watched@example.com"})

    def finished() -> dict[str, dict[str, str]]:
        tasks: dict[str, dict[str, str]] = json.loads(demo.flower("/api/tasks"))
        return {name: task for name, task in tasks.items() if task["state"] == "SUCCESS"}

    wait_until(finished, "no finished task in Flower")
    tasks = finished().values()
    assert {task["name"] for task in tasks} == {"latchkey.deliver"}
    assert {(task["args"], task["kwargs"]) for task in tasks} == {("()", "{}")}
