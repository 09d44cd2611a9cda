"""create_worker builds the worker in one place: a Celery app and a small Flask app."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from celery import Celery
from celery.signals import setup_logging
from flask import Flask
from flask_mail import Mail
from redis import Redis

from shared import log
from shared.connections.redis_client import connect
from shared.database.connections import database_config, db
from shared.languages import init_babel
from shared.outbox.jobs import DELIVER, hash_keys
from shared.outbox.outbox import Outbox
from shared.tokens import Tokens
from shared.users.users import Users
from worker.delivery.departures import Departures
from worker.delivery.intake import TASK_SECONDS, TIME_LIMIT, Intake
from worker.delivery.moments import WAIT
from worker.delivery.settlement import Settlement
from worker.handlers import JobHandlers
from worker.mails.messages import Messages
from worker.queue.broker import QuickConnection
from worker.queue.celery_settings import celery_settings
from worker.queue.consumer import Consumer
from worker.queue.sweeper import Sweeper
from worker.settings.settings import WorkerSettings
from worker.smtp.mailer import Mailer
from worker.smtp.mailers import Mailers
from worker.smtp.token_endpoints import access_tokens

REDIS_TIMEOUT = 2.0  # Seconds.

logger = log.get_logger(__name__)


@dataclass(frozen=True)
class Delays:
    """How long, in seconds, a job waits for its departure at least and at most, and a task takes at least."""

    wait: tuple[float, float] = WAIT
    task: float = TASK_SECONDS


USUAL_DELAYS = Delays()


@dataclass(frozen=True)
class Worker:
    """The parts of a worker that its callers use."""

    celery: Celery
    flask: Flask
    outbox: Outbox
    intake: Intake
    departures: Departures
    mailers: Mailers
    sweeper: Sweeper


def create_worker(
    settings: WorkerSettings,
    *,
    tls: ssl.SSLContext | None = None,
    failures: Callable[[], Mapping[str, str]] = dict,
    delays: Delays = USUAL_DELAYS,
) -> Worker:
    """Build the worker without connecting to anything; the first job that needs a connection opens it.

    tls: the TLS context for the relay; by default one with the certificates of MAIL_CA_FILE or this machine, which
    take 20 ms to load.
    failures: tells which of the worker's probes fail.
    delays: of the two stages; tests do not wait.
    """
    log.configure("worker", settings.log_level)
    flask = _flask(settings)
    outbox = Outbox(connect_redis(settings))
    mailers = _mailers(settings, flask, tls or ssl.create_default_context(cafile=settings.mail_ca_file or None))
    handlers = _handlers(settings, mailers, outbox)
    settlement = Settlement(Consumer(outbox))
    departures = Departures(flask, handlers, settlement, mailers, settings.mail_connections, delays.wait)
    intake = Intake(settlement.consumer, handlers, departures, settlement, delays.task)
    # The sweeper has its own client: its thread may hold one of a client's locks while Celery forks a process.
    sweeper = Sweeper(Outbox(connect_redis(settings)), settings.mail_max_age, failures)
    return Worker(_celery(settings, flask, intake), flask, outbox, intake, departures, mailers, sweeper)


def _handlers(settings: WorkerSettings, mailers: Mailers, outbox: Outbox) -> JobHandlers:
    return JobHandlers(
        users=Users(settings, db),
        tokens=Tokens([key.get_secret_value() for key in settings.secret_key], settings.reset_token_max_age),
        messages=Messages(settings),
        send=mailers.send,
        outbox=outbox,
        hash_keys=hash_keys(settings),
        max_age=settings.mail_max_age,
    )


def connect_redis(settings: WorkerSettings) -> Redis:
    """Return a client of Redis that connects when it is needed."""
    return connect(settings.redis_url.get_secret_value(), connect_timeout=REDIS_TIMEOUT, timeout=REDIS_TIMEOUT)


def _mailers(settings: WorkerSettings, flask: Flask, tls: ssl.SSLContext) -> Mailers:
    tokens = access_tokens(settings)
    return Mailers(
        lambda: Mailer(
            flask,
            settings.mail_timeout,
            tls,
            ehlo_name=settings.mail_ehlo_name or settings.sender[1].partition("@")[2],
            envelope_sender=settings.mail_envelope_sender,
            tokens=tokens,
        )
    )


def _flask(settings: WorkerSettings) -> Flask:
    flask = Flask("worker")
    flask.config.update(
        database_config(settings.database_url.get_secret_value(), connections=1, reads_only=True),
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USE_TLS=settings.mail_use_tls,
        MAIL_USE_SSL=settings.mail_use_ssl,
        MAIL_USERNAME=settings.mail_username,
        MAIL_PASSWORD=settings.mail_password.get_secret_value(),
        MAIL_DEFAULT_SENDER=settings.mail_default_sender,
    )
    db.init_app(flask)
    init_babel(flask, settings.babel_default_locale, settings.babel_default_timezone)
    Mail(flask)
    return flask


def _celery(settings: WorkerSettings, flask: Flask, intake: Intake) -> Celery:
    celery = Celery("latchkey", set_as_current=False)
    celery.amqp.Connection = QuickConnection
    celery.conf.update(
        celery_settings(settings.redis_url.get_secret_value()),
        worker_concurrency=settings.worker_processes,
        worker_send_task_events=settings.worker_events,
        task_time_limit=TIME_LIMIT,
    )

    @celery.task(name=DELIVER, shared=False)
    def deliver(_message_id: str) -> None:
        with flask.app_context():
            intake.run()

    # Celery does not set up logging itself if this signal has a receiver.
    setup_logging.connect(lambda **_: log.configure("worker", settings.log_level), weak=False)
    return celery
