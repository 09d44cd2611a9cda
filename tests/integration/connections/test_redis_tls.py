"""rediss://: the client and the broker's connection both verify the certificate of Redis."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery

from shared.connections.redis_client import connect
from tests.support.servers import RedisServer
from tests.support.tls import server_context, tls_proxy
from worker.queue.celery_settings import celery_settings


def ping(url: str) -> None:
    with connect(url, connect_timeout=2, timeout=2) as client:
        client.ping()


def open_broker(url: str) -> None:
    celery = Celery(set_as_current=False)
    celery.conf.update(celery_settings(url))
    with celery.connection_for_read() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0)
        connection.default_channel.client.ping()


@pytest.fixture
def port(redis_server: RedisServer, tmp_path: Path) -> Iterator[int]:
    with tls_proxy(redis_server.port, server_context(tmp_path)) as port:
        yield port


@pytest.mark.parametrize("reach", [ping, open_broker])
def test_an_untrusted_certificate_is_refused(port: int, reach: Callable[[str], None]) -> None:
    with pytest.raises(Exception, match="certificate verify failed"):
        reach(f"rediss://127.0.0.1:{port}/0")


@pytest.mark.parametrize("reach", [ping, open_broker])
def test_the_url_may_name_a_ca_certificate(port: int, reach: Callable[[str], None], tmp_path: Path) -> None:
    reach(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={tmp_path / 'certificate.pem'}")
