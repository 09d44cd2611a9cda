"""The Sentinel client with silent sentinels, with two threads, and with a demoted master."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import redis

from shared.connections.redis_client import Sentinels, connect
from tests.conftest import MakeService, require_redis
from tests.support.servers import RedisServer


@pytest.fixture
def silent() -> Iterator[list[int]]:
    """The ports of three servers that accept connections and never answer, like a frozen process."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        yield [each.getsockname()[1] for each in sockets]


def test_with_all_sentinels_frozen_a_request_gets_its_503_within_half_a_second(
    make_service: MakeService, silent: list[int]
) -> None:
    hosts = ",".join(f"127.0.0.1:{port}" for port in silent)
    service = make_service(REDIS_URL=f"redis+sentinel://:hunter2@{hosts}/main?sentinel_password=hunter2")
    begun = time.monotonic()

    answer = service.forgot("anna@example.com")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert time.monotonic() - begun < 0.5
    assert "hunter2" not in service.logs.getvalue()


class FakeSentinel:
    """A sentinel that answers or does not; another thread may get its answer in between."""

    def __init__(self, *, alive: bool) -> None:
        self._alive = alive
        self.meanwhile: Any = None

    def sentinel_masters(self) -> dict[str, dict[str, Any]]:
        if not self._alive:
            raise redis.ConnectionError
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        state = {"is_master": True, "is_sdown": False, "is_odown": False, "num-other-sentinels": 1}
        return {"main": state | {"ip": "127.0.0.1", "port": 1}}


def test_no_sentinel_is_lost_when_two_threads_ask_at_once() -> None:
    dead: Any = FakeSentinel(alive=False)
    alive: Any = FakeSentinel(alive=True)
    sentinels = Sentinels([])  # type: ignore[no-untyped-call]
    sentinels.sentinels = [dead, alive]
    alive.meanwhile = lambda: sentinels.discover_master("main")

    assert sentinels.discover_master("main") == ("127.0.0.1", 1)
    assert sentinels.sentinels == [alive, dead]


@pytest.fixture
def two_servers(tmp_path: Path) -> Iterator[tuple[RedisServer, RedisServer]]:
    require_redis()
    servers = RedisServer(tmp_path / "old"), RedisServer(tmp_path / "new")
    for name, server in zip(("old", "new"), servers, strict=True):
        (tmp_path / name).mkdir()
        server.start()
    yield servers
    for server in servers:
        server.stop()


def test_a_demoted_master_that_answers_readonly_makes_the_client_look_for_the_new_one(
    two_servers: tuple[RedisServer, RedisServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = two_servers
    master = [old]
    monkeypatch.setattr(Sentinels, "discover_master", lambda *_: ("127.0.0.1", master[0].port))
    with connect("redis+sentinel://127.0.0.1:1/main", connect_timeout=0.1, timeout=0.2) as client:
        client.set("key", "before")
        master = [new]
        with redis.Redis(port=old.port) as operator:
            operator.replicaof("127.0.0.1", str(new.port))

        with pytest.raises(redis.ConnectionError):
            client.set("key", "refused")
        client.set("key", "after")

    with redis.Redis(port=new.port) as promoted:
        assert promoted.get("key") == b"after"
