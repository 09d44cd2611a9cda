"""QuickScript runs a script on its own kept connections."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from threading import Timer
from time import monotonic

import pytest
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisSlow

from shared.connections.quick_script import QuickScript
from shared.connections.redis_client import Sentinels, connect
from tests.support.servers import RedisServer
from tests.support.tls import server_context, tls_proxy


@pytest.fixture(params=["one server", "behind sentinels"])
def redis(request: pytest.FixtureRequest, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """Connect directly and through sentinels, which use another connection class."""
    monkeypatch.setattr(Sentinels, "discover_master", lambda *_: ("127.0.0.1", own_redis.port))
    url = own_redis.url if request.param == "one server" else "redis+sentinel://127.0.0.1:1/main"
    with connect(url, connect_timeout=0.5, timeout=0.5) as client:
        yield client


@pytest.fixture
def echo(redis: Redis) -> QuickScript:
    return QuickScript(redis, "return ARGV", deque())


def connections(own_redis: RedisServer) -> int:
    """Count the server's clients, except the one that asks."""
    with own_redis.client() as client:
        return len(client.client_list()) - 1


def test_a_script_that_redis_does_not_know_is_loaded(echo: QuickScript, redis: Redis) -> None:
    assert echo(["a", "b"]) == ["a", "b"]
    redis.script_flush()

    assert echo(["c"]) == ["c"]
    assert echo(["d"]) == ["d"]


def test_calls_of_several_threads_keep_no_more_connections_than_ran_at_once(
    echo: QuickScript, own_redis: RedisServer
) -> None:
    echo(["load the script"])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: echo([str(number)]), range(400)))

    assert answers == [[str(number)] for number in range(400)]
    assert connections(own_redis) <= 9  # Loading the script opened one of the client's pool.


def test_the_first_call_after_a_restart_of_redis_goes_through(echo: QuickScript, own_redis: RedisServer) -> None:
    taken = [echo._take() for _ in range(4)]
    echo._free.extend(taken)
    own_redis.stop()
    with pytest.raises(RedisError):
        echo(["away"])
    own_redis.start()

    for _ in range(8):
        assert echo(["after"]) == ["after"]
        echo._free.rotate()


def test_a_script_error_leaves_the_connection_usable(redis: Redis, own_redis: RedisServer) -> None:
    refuse = QuickScript(redis, "return redis.error_reply('ERR no')", deque())
    for _ in range(5):
        with pytest.raises(ResponseError):
            refuse([])

    assert connections(own_redis) <= 2


def test_a_late_answer_is_not_taken_for_the_next(redis: Redis, own_redis: RedisServer) -> None:
    echo = QuickScript(redis, "return ARGV", deque())
    assert echo(["warm"]) == ["warm"]
    own_redis.send(SIGSTOP)
    go_on = Timer(0.7, own_redis.send, [SIGCONT])
    go_on.start()
    with pytest.raises(RedisError):
        echo(["late"])
    # The answer to "late" has not arrived yet.
    answer = echo(["next"])
    go_on.join()

    assert answer == ["next"]


def freeze(own_redis: RedisServer, call: Callable[[], object]) -> float:
    """Call while Redis is frozen, and return how many seconds the call waited."""
    own_redis.send(SIGSTOP)
    begun = monotonic()
    try:
        with pytest.raises(RedisSlow):
            call()
        return monotonic() - begun
    finally:
        own_redis.send(SIGCONT)


@pytest.mark.parametrize("reopened", [False, True])
def test_a_redis_that_says_nothing_is_waited_for_no_longer_than_the_timeout(
    echo: QuickScript, redis: Redis, own_redis: RedisServer, *, reopened: bool
) -> None:
    echo(["load the script"])
    echo(["keep a connection"])
    if reopened:
        redis.client_kill_filter(_type="normal", skipme=True)
        echo(["open it anew"])

    assert 0.4 < freeze(own_redis, lambda: echo(["frozen"])) < 3

    assert echo(["after"]) == ["after"]


def test_the_timeout_applies_over_tls_too(own_redis: RedisServer, tmp_path: Path) -> None:
    with tls_proxy(own_redis.port, server_context(tmp_path)) as port:
        url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={tmp_path / 'certificate.pem'}"
        with connect(url, connect_timeout=0.5, timeout=0.5) as client:
            echo = QuickScript(client, "return ARGV", deque())
            echo(["load the script"])
            echo(["keep a connection"])

            assert 0.4 < freeze(own_redis, lambda: echo(["frozen"])) < 3


def test_a_connection_to_a_former_master_is_replaced(
    echo: QuickScript, redis: Redis, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened() -> int:
        return int(redis.info("stats")["total_connections_received"])

    echo(["load the script"])
    echo(["once"])
    before = opened()
    echo(["once more"])
    assert opened() == before
    # A Sentinel pool says this once another of its connections has found a new master.
    monkeypatch.setattr(redis.connection_pool, "owns_connection", lambda _connection: False)

    assert echo(["anew"]) == ["anew"]

    monkeypatch.undo()
    assert opened() > before


def test_more_connections_than_redis_py_would_allow_can_be_kept(redis: Redis) -> None:
    pool = redis.connection_pool
    taken = [pool.get_connection() for _ in range(120)]

    assert redis.ping()
    for connection in taken:
        pool.release(connection)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_opens_its_own_connection(echo: QuickScript, own_redis: RedisServer) -> None:
    echo(["load the script"])
    echo(["keep a connection"])

    child = os.fork()
    if child == 0:
        os._exit(int(echo(["child"]) != ["child"]))
    answers = [echo([str(number)]) for number in range(100)]
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert answers == [[str(number)] for number in range(100)]
    with own_redis.client() as client:
        assert client.ping()
