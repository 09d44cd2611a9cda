"""`python -m api`: check the settings, then serve."""

import argparse
import logging
import os
import signal
import socket

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from api.settings.limits import log_long_quota
from api.settings.settings import ApiSettings
from shared import log
from shared.connections.redis_check import check_redis
from shared.settings.environment import SettingsError
from shared.settings.unknown_names import log_unknown_settings

ABOUT = "Serve the API until a signal. It takes no arguments: its settings are environment variables."
RESPAWN_AFTER = 0.2  # Seconds until a server process that died is replaced.
# Granian's own log lines propagate to the root logger, like all others.
_JSON_LINES = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"level": "INFO", "handlers": [], "propagate": True}},
}
HEADER_TIMEOUT = 5000  # Milliseconds. Slow bodies are left to the buffering proxy in front.


def main() -> None:
    """Serve until a signal arrives.

    Raises SettingsError, which prints every problem to standard error and ends the process.
    """
    argparse.ArgumentParser(prog="python -m api", description=ABOUT).parse_args()
    settings = ApiSettings.load()
    _check_port(settings.host, settings.port)
    log.configure("api", settings.log_level)
    logging.getLogger("_granian").addFilter(_is_of_use)
    log_unknown_settings(ApiSettings)
    log_long_quota(settings.address_limits, settings.reset_token_max_age)
    if settings.template_folder:
        # Imported here, because the supervising process is half as large without the app.
        from api.start_checks import check_pages  # noqa: PLC0415

        check_pages(settings)
    if settings.users_on_reset or settings.after_reset_sql:
        from api.start_checks import check_statements  # noqa: PLC0415

        check_statements(settings)
    check_redis(settings)
    _serve(settings)


def _serve(settings: ApiSettings) -> None:
    os.register_at_fork(after_in_child=_end_at_signals)
    Granian(
        "api.app:serve",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        # HTTP/2 would accept 16 MiB of headers, and can be flooded in more ways.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_AFTER,
        workers_kill_timeout=10,
        log_access=False,
        log_dictconfig=_JSON_LINES,
    ).serve()


def _end_at_signals() -> None:
    """Let a server process end at once while it starts: it has inherited handlers that do nothing in it.

    granian installs the process's own handlers once the app is built; one that was asked before was killed after 10 s.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _is_of_use(line: logging.LogRecord) -> bool:
    """Filter out granian's warning about more than two threads per core; our default was measured with four."""
    return not line.getMessage().startswith("Configuration allows spawning")


def _check_port(host: str, port: int) -> None:
    """Refuse a port that is already in use; granian would silently share it with another API.

    Raises SettingsError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections of an earlier run that linger in TIME_WAIT do not count as use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, TypeError) as error:  # TypeError if HOST cannot be a host name.
            why = getattr(error, "strerror", None) or "no such host"
            hint = "Free it, or choose another PORT or HOST."
            raise SettingsError([f"The API cannot listen on PORT {port} of {host} ({why}). {hint}"]) from None


if __name__ == "__main__":
    main()
