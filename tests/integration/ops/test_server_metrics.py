"""The metrics of the real server are right across its processes and across a restart."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.e2e.demo import fetch
from tests.support.metrics import BEARER, TOKEN, counted, parsed
from tests.support.servers import RedisServer, free_port, wait_until
from tests.support.service import NEW_PASSWORD, Service

pytestmark = pytest.mark.slow
PROCESSES = 2


class Api:
    """`python -m api` in two processes."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self._environ = environ
        self._log = log
        self._log.touch()

    def start(self) -> None:
        expected = self._started() + PROCESSES
        with self._log.open("a") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api"], env=os.environ | self._environ, stderr=output
            )
        # Wait for every process: one that gets SIGTERM while it starts ignores it, and is killed after ten seconds.
        wait_until(lambda: self._started() == expected, "an API process does not start", 30)
        wait_until(self._answers, "the API does not start", 30)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._environ['PORT']}{path}"

    def post(self, path: str, client: str = "192.0.2.1", **body: Any) -> int:
        headers = {"Content-Type": "application/json", "X-Forwarded-For": client}
        return fetch(self.url(path), json.dumps(body).encode(), headers)[0]

    def forgot(self, address: str, client: str = "192.0.2.1") -> int:
        return self.post("/forgot-password", client, email=address)

    def reset(self, token: str, password: str = NEW_PASSWORD, client: str = "192.0.2.1") -> int:
        return self.post("/reset-password", client, token=token, password=password)

    def metrics(self) -> dict[str, float]:
        status, body, _ = fetch(self.url("/metrics"), headers=BEARER)
        assert status == 200
        return parsed(body.decode())

    def log(self) -> str:
        return self._log.read_text()

    def end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(15)

    def _started(self) -> int:
        """Count the processes that have started since the first start."""
        return self.log().count("Started worker-")

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log()
        try:
            return fetch(self.url("/healthz"))[0] == 200
        except OSError:
            return False


@pytest.fixture
def behind(make_service: MakeService, own_redis: RedisServer) -> Service:
    """The server's backends, with a Redis that the test may stop."""
    return make_service(
        REDIS_URL=own_redis.url,
        PORT=str(free_port()),
        WEB_PROCESSES=str(PROCESSES),
        TRUSTED_PROXIES="1",
        METRICS_TOKEN=TOKEN,
        BCRYPT_ROUNDS="10",
        FORGOT_LIMIT_PER_IP="25/hour",
        RESET_LIMIT_PER_IP="20/hour",
        OUTBOX_MAX="40",
    )


@pytest.fixture
def api(behind: Service, tmp_path: Path) -> Iterator[Api]:
    api = Api(behind.environ, tmp_path / "api.log")
    try:
        api.start()
        yield api
    finally:
        api.end()


def some_of_each(api: Api, behind: Service) -> dict[str, int]:
    """Send some requests of each kind, and return the counts that they should cause."""
    links = []
    for number in range(3):
        behind.add_user(f"user{number}@example.com")
        links.append(behind.link_for(f"user{number}@example.com"))
    found = [
        *(api.forgot(f"one{number}@example.com") for number in range(20)),
        *(api.forgot("one0@example.com") for _ in range(5)),  # Two within the quota and three over it.
        *(api.forgot(f"two{number}@example.com") for number in range(7)),  # Over the client's limit.
        *(
            api.forgot(f"three{number}@example.com", "192.0.2.2") for number in range(20)
        ),  # 15 fit, then the outbox is full.
        *(api.reset(link, "short") for link in links),
        *(api.reset(link) for link in links),
        *(api.reset(link) for link in links),  # Already used.
        *(api.post("/reset-password/check", token="no link") for _ in range(11)),
        *(api.reset("no link") for _ in range(4)),  # Over the client's limit.
    ]
    assert Counter(found) == {202: 40, 429: 11, 503: 5, 422: 3, 200: 3, 400: 14}
    return {
        "requests_accepted": 37,
        "requests_limited:address": 3,
        "requests_limited:client": 7,
        "requests_refused:full": 5,
        "resets_confirmed": 3,
        "resets_refused:link": 14,
        "resets_refused:password": 3,
        "resets_limited:client": 4,
        "mails_sent:reset": 3,
    }


def processes(behind: Service) -> set[str]:
    members: Any = behind.redis.zrange(Key.HASHING, 0, -1)
    return {member.split(":")[0] for member in members}


def test_the_totals_include_all_processes_and_survive_a_restart(api: Api, behind: Service) -> None:
    expected = some_of_each(api, behind)

    # Stop at once, while the processes still hold the counts of the last second.
    api.end()
    in_redis = {
        field: int(number) for field, number in behind.redis.hgetall(Key.METRICS).items() if "delivery" not in field
    }
    api.start()
    scrapes = [counted(api.metrics()) for _ in range(10)]

    assert in_redis == expected
    assert scrapes == [expected] * 10
    assert "Killing" not in api.log()


def test_every_process_reports_the_same_totals(api: Api, behind: Service) -> None:
    expected = some_of_each(api, behind)

    wait_until(lambda: counted(api.metrics()) == expected, "the totals are wrong")

    assert [counted(api.metrics()) for _ in range(20)] == [expected] * 20
    wait_until(lambda: len(processes(behind)) == PROCESSES, "one of the two processes does not publish its queue")
    assert api.metrics()["outbox_pending"] == 43  # Including three notices of a changed password.


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_refusals_during_a_redis_outage_are_counted_afterwards(
    api: Api, own_redis: RedisServer, number: signal.Signals
) -> None:
    if number == signal.SIGKILL:
        own_redis.stop(number)
    else:
        own_redis.send(number)

    found = [api.forgot(f"user{index}@example.com") for index in range(8)] + [api.reset("no link") for _ in range(3)]
    status = fetch(api.url("/metrics"), headers=BEARER)[0]
    if number == signal.SIGKILL:
        own_redis.start()
    else:
        own_redis.send(signal.SIGCONT)

    assert [*found, status] == [503] * 12
    expected = {"requests_refused:redis": 8, "resets_refused:unavailable": 3}
    wait_until(lambda: counted(api.metrics()) == expected, "the totals are wrong")
