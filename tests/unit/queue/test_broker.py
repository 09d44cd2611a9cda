"""The worker's broker connection: what it reveals, and what a copy retains."""

from worker.queue.broker import QuickConnection
from worker.queue.celery_settings import celery_settings


def test_it_tells_no_password_of_the_sentinels_and_its_copies_know_it() -> None:
    settings = celery_settings("redis+sentinel://one.example/main?sentinel_password=hunter2")
    options = settings["broker_transport_options"]

    connection = QuickConnection(settings["broker_url"], transport_options=options)  # type: ignore[no-untyped-call]

    assert "hunter2" not in str(connection.info())
    assert connection.clone().transport_options == options  # type: ignore[no-untyped-call]
