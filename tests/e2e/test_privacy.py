"""No address, token or password appears in logs, Flower, task events or Redis: the tests search everything."""

import json
import re
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.e2e.demo import METRICS_TOKEN, Demo
from tests.support.service import OLD_PASSWORD, Service, token_in

PASSWORD = "a password that nobody may see"
# In every form: as typed, percent-encoded, escaped.
SECRETS = ["privacy.known", "privacy.unknown", "privacy%2Eknown", PASSWORD, PASSWORD.replace(" ", "%20"), METRICS_TOKEN]


def told(text: str, secrets: list[str]) -> list[str]:
    return [secret for secret in secrets if secret in text]


class Events(threading.Thread):
    """Records everything that is published on Redis, such as Celery's task events."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.heard: list[str] = []
        self._client = redis.Redis(port=port)
        self._channels = self._client.pubsub()  # type: ignore[no-untyped-call]
        self._channels.psubscribe("*")
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            message = self._channels.get_message(timeout=0.2)
            if message and message["type"] == "pmessage":
                self.heard.append(str(message))
                if message["data"]:  # A probe of the worker publishes nothing, to see whether it may.
                    self.heard.append(b64decode(json.loads(message["data"])["body"]).decode())

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        self._channels.close()
        self._client.close()


# Session scope, like the demo: with several test processes, one may run this module more than once.
@pytest.fixture(scope="session")
def used_demo(demo: Demo) -> Iterator[tuple[Demo, Events, list[str]]]:
    """The demo after known, unknown and refused requests and a reset, with the secrets that must not leak."""
    events = Events(demo.ports["REDIS_PORT"])
    events.start()
    demo.add_user("privacy.known@example.com")
    demo.post("/forgot-password", {"email": "privacy.known@example.com"})
    demo.post("/forgot-password", {"email": "privacy.unknown@example.com"})
    demo.post("/forgot-password", {"email": "privacy.known@example.com", "password": PASSWORD})
    token = token_in(demo.wait_for_message("privacy.known@example.com", "Reset")["text"])
    demo.post("/reset-password", {"token": token + "x", "password": PASSWORD})
    demo.post("/reset-password", {"token": token, "password": PASSWORD})
    demo.wait_for_message("privacy.known@example.com", "was changed")
    time.sleep(1)
    yield demo, events, [*SECRETS, token, token.split(".")[2]]
    events.stop()


def test_the_debug_logs_of_all_programs_contain_nothing_private(used_demo: tuple[Demo, Events, list[str]]) -> None:
    demo, _, secrets = used_demo

    logs = demo.logs()

    assert '"level": "debug"' in logs
    assert "reset_mailed" in logs
    assert told(logs + demo.output().split("Ctrl-C")[1], secrets) == []
    assert re.findall(r"\$2[aby]\$\d\d\$", logs) == []


def test_flowers_pages_and_api_contain_nothing_private(used_demo: tuple[Demo, Events, list[str]]) -> None:
    demo, _, secrets = used_demo
    tasks: dict[str, Any] = json.loads(demo.flower("/api/tasks"))
    paths = ["/", "/workers", "/tasks", "/broker", "/api/workers?refresh=1", "/api/tasks", "/api/queues/length"]
    paths += ["/api/task/types", *(f"/task/{name}" for name in tasks), *(f"/api/task/info/{name}" for name in tasks)]

    shown = [demo.flower(path) for path in paths]

    assert tasks
    assert told("\n".join(shown), secrets) == []


def test_task_events_contain_nothing_private(used_demo: tuple[Demo, Events, list[str]]) -> None:
    _, events, secrets = used_demo

    heard = "\n".join(events.heard)

    assert "task-succeeded" in heard
    assert told(heard, secrets) == []


def test_redis_contains_nothing_private_after_use(used_demo: tuple[Demo, Events, list[str]]) -> None:
    demo, _, secrets = used_demo
    with redis.Redis(port=demo.ports["REDIS_PORT"], decode_responses=True) as client:
        assert told(everything_in(client), secrets) == []


def test_only_the_owner_can_read_the_data_folder(demo: Demo) -> None:
    assert Path(demo.home).stat().st_mode & 0o077 == 0


def test_the_address_of_a_waiting_job_is_only_in_its_outbox_entry(make_service: MakeService) -> None:
    service: Service = make_service(FORGOT_LIMIT_PER_EMAIL="2/hour")
    service.add_user("privacy.known@example.com")
    token = service.link_for("privacy.known@example.com")
    service.reset(token, PASSWORD)
    for address in ["privacy.unknown@example.com"] * 4:
        service.forgot(address)
    secrets = [*SECRETS, "example.com", OLD_PASSWORD, token, token.split(".")[2], "$2b$"]

    entries = [json.loads(entry) for entry in service.redis.hvals(Key.JOBS)]
    rest = everything_in(service.redis, without=Key.JOBS)

    assert len(entries) == 5
    assert sorted(entry["address"] for entry in entries if "address" in entry) == [
        "privacy.known@example.com",
        *["privacy.unknown@example.com"] * 2,
    ]
    unaddressed = json.dumps([entry | {"address": ""} for entry in entries])
    assert told(unaddressed, secrets) == []
    assert told(rest, secrets) == []
    assert len(rest) > 1000


def everything_in(client: Any, without: str = "") -> str:
    """Return all keys and values of a Redis as text."""
    readers = {
        "string": client.get,
        "hash": client.hgetall,
        "list": lambda key: client.lrange(key, 0, -1),
        "set": client.smembers,
        "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
    }
    keys = [key for key in client.scan_iter("*") if key != without]
    return "\n".join(f"{key} {readers[client.type(key)](key)}" for key in keys)
