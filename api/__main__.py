"""`python -m api`: check the settings, then serve."""

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from api.settings import ApiSettings
from shared import log

RESPAWN_AFTER = 0.2  # Seconds until a server process that died is replaced.
HEADER_TIMEOUT = 5000  # Milliseconds; a proxy that buffers stands in front for slow bodies.


def main() -> None:
    """Serve until a signal.

    Raises SettingsError, which ends the process with every problem on standard error.
    """
    settings = ApiSettings.load()
    log.configure("api", settings.log_level)
    Granian(
        "api.app:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_AFTER,
        workers_kill_timeout=10,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
