"""The whole demo: its programs, and the order in which they start."""

import secrets
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

from dev.stack.demo_database import make_demo_database
from dev.stack.environment import (
    check_settings,
    flower_settings,
    frontend_settings,
    inbox_settings,
    inherited_environment,
    latchkey_settings,
    metrics_settings,
)
from dev.stack.home import PROJECT, Home, choose_home, locked, secret_key
from dev.stack.part import Part, PartEnded
from dev.stack.ports import choose_ports
from dev.stack.readiness import Probes, page_answers, redis_answers, wait_for_answers
from dev.stack.redis_server import UnreadableData, check_server, redis_command, refused_data
from dev.stack.supervisor import Supervisor
from dev.terminal.look import look_of
from dev.terminal.welcome import front_page, welcome
from shared.redis_keys import Key

FLOWER_USER = "operator"
START_TIMEOUT = 30
PROGRAM_GRACE = 4.0
"""Seconds; a Celery worker's warm shutdown takes 2 to 3."""
FOUNDATION_GRACE = 1.0
REDIS_BOUND = ("--maxmemory", "256mb")  # Latchkey warns if Redis has no limit.


def run_stack(environ: Mapping[str, str], endings: ExitStack) -> None:
    """Run the demo until it is asked to stop; closing `endings` stops everything it started.

    Raises StopRequested when asked to stop, DemoError if it cannot start or a part exits, and SettingsError if the
    shell sets an invalid value.
    """
    home = choose_home(environ)
    lock = endings.enter_context(locked(home, environ))
    ports = choose_ports(environ)
    check_server(environ)
    print(front_page(ports), end="", file=lock, flush=True)
    inherited = inherited_environment(environ)
    settings = {**inherited, **latchkey_settings(ports, secret=secret_key(home), database=home.database)}
    settings |= frontend_settings(inherited) | metrics_settings(environ)
    check_settings(settings)
    supervisor = endings.enter_context(Supervisor(folder=PROJECT, logs=home.logs))
    supervisor.listen_for_signals()
    try:
        _start(supervisor, ports, home, inherited, settings)
    except PartEnded as ended:
        if ended.name == "redis" and refused_data(ended.log):
            raise UnreadableData(home.redis, environ) from ended
        raise
    supervisor.watch()


def _start(
    supervisor: Supervisor,
    ports: Mapping[str, int],
    home: Home,
    inherited: Mapping[str, str],
    settings: Mapping[str, str],
) -> None:
    print("Starting Latchkey ...", flush=True)
    password = secrets.token_urlsafe(12)
    redis = partial(redis_answers, ports["REDIS_PORT"])

    pages = inbox_settings(ports, user=FLOWER_USER, password=password, database=home.database)
    supervisor.start(redis_server(ports, home, inherited), inbox({**inherited, **pages}))
    _await(supervisor, {"redis": partial(redis, "PING", "+PONG")})
    # Flower does not need the database, so it starts while the database is created.
    supervisor.start(flower({**inherited, **flower_settings(ports, user=FLOWER_USER, password=password)}))
    make_demo_database(home.database, settings)
    supervisor.start(*programs(settings))
    _await(
        supervisor,
        {
            "inbox": partial(page_answers, ports["INBOX_PORT"], "/", status=200),
            "flower": partial(page_answers, ports["FLOWER_PORT"], "/", status=401),
            "worker": partial(redis, f"EXISTS {Key.HEARTBEAT}", ":1"),
        },
    )
    # Checked last, because the API warns about a missing worker until the worker is up.
    _await(supervisor, {"api": partial(page_answers, ports["PORT"], "/readyz", status=200)})
    look = look_of(sys.stdout, inherited)
    print(welcome(ports, look, user=FLOWER_USER, password=password), flush=True)


def redis_server(ports: Mapping[str, int], home: Home, inherited: Mapping[str, str]) -> Part:
    """Describe the Redis server."""
    return Part("redis", [*redis_command(ports["REDIS_PORT"], home.redis), *REDIS_BOUND], inherited, FOUNDATION_GRACE)


def inbox(settings: Mapping[str, str]) -> Part:
    """Describe the program with the SMTP server, the front page and the inbox."""
    return Part("inbox", _python("dev.site.inbox"), settings, FOUNDATION_GRACE)


def flower(settings: Mapping[str, str]) -> Part:
    """Describe Flower, which monitors the worker."""
    return Part("flower", _python("celery", "--app", "worker.flower", "flower"), settings, FOUNDATION_GRACE)


def programs(settings: Mapping[str, str]) -> list[Part]:
    """List Latchkey's own programs."""
    return [
        Part("api", _python("api"), settings, PROGRAM_GRACE),
        Part("worker", _python("worker"), settings, PROGRAM_GRACE),
    ]


def _await(supervisor: Supervisor, probes: Probes) -> None:
    with_logs = {f"{name} (its log: {supervisor.log(name)})": probe for name, probe in probes.items()}
    wait_for_answers(with_logs, check=supervisor.check, seconds=START_TIMEOUT)


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
