"""The worker's broker connection: what it reveals, and what a copy retains."""

from worker.queue.broker import QuickConnection
from worker.queue.celery_settings import celery_settings


def test_the_sentinel_password_is_hidden_but_copied() -> None:
    settings = celery_settings("redis+sentinel://one.example/main?sentinel_password=hunter2")
    options = settings["broker_transport_options"]

    connection = QuickConnection(settings["broker_url"], transport_options=options)  # type: ignore[no-untyped-call]

    assert "hunter2" not in str(connection.info())
    assert connection.clone().transport_options == options  # type: ignore[no-untyped-call]
