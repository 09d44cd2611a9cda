"""The environment of the demo's programs, with settings that are too lax for production."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from api.settings.settings import ApiSettings
from shared.settings.environment import nearest, secret_names
from worker.settings.settings import WorkerSettings

# The demo must start the same way whatever the shell exports, so variables that a program would read are dropped. The
# exceptions are named below.
_PROGRAMS = (ApiSettings, WorkerSettings)
_SETTINGS = {name.upper() for program in _PROGRAMS for name in program.model_fields}
_SETTINGS |= {f"{name}_FILE" for program in _PROGRAMS for name in secret_names(program)}
# Anything with USERS_ in it counts as a setting; the others are read by libraries and by Python.
_READ_TOO = re.compile(r"(.+_)?USERS_.+|(CELERY|FLOWER|FLASK|GRANIAN)_.+|PYTHONSAFEPATH|PYTHONWARNINGS")
# The demo may run as root. Celery warns about that in five lines meant for servers, which would bury the welcome.
_AS_ROOT = (
    "You're running the worker with superuser privileges",
    "An entry for the specified gid or egid was not found",
)
PRODUCT_NAME = "Latchkey demo"
LINKS = 30  # Per address in 15 minutes: enough to try every language.
_LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}


def inherited_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the shell's environment (PATH, HOME, locale) without anything that could be a setting."""
    kept = {name: value for name, value in environ.items() if not _is_read(name)}
    # The one setting that is useful here, if its value is valid.
    if environ.get("LOG_LEVEL") in _LOG_LEVELS:
        kept["LOG_LEVEL"] = environ["LOG_LEVEL"]
    # A .env in this folder is meant for production. Unbuffered, so that the last output of a crash reaches the log.
    silent = ",".join(f"ignore:{warning}" for warning in _AS_ROOT)
    return kept | {"FLASK_SKIP_DOTENV": "1", "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": silent}


def _is_read(name: str) -> bool:
    """Tell whether a program would read the variable, or reject it as a misspelt setting."""
    return name in _SETTINGS or bool(_READ_TOO.fullmatch(name) or nearest(name, _SETTINGS))


def redis_url(ports: Mapping[str, int]) -> str:
    """Return the URL of the demo's Redis database."""
    return f"redis://127.0.0.1:{ports['REDIS_PORT']}/0"


def database_url(file: Path) -> str:
    """Return the URL of a SQLite database, given its absolute path."""
    return f"sqlite:///{file}"


def latchkey_settings(ports: Mapping[str, int], *, secret: str, database: Path) -> dict[str, str]:
    """Return the settings of the API, the worker and the command line."""
    return {
        "SECRET_KEY": secret,
        "REDIS_URL": redis_url(ports),
        "DATABASE_URL": database_url(database),
        "USERS_TABLE": "users",
        "USERS_ID_COLUMN": "id",
        "USERS_EMAIL_COLUMN": "email",
        "USERS_PASSWORD_COLUMN": "password_hash",
        "USERS_PASSWORD_CHANGED_COLUMN": "password_changed_at",
        "USERS_FILTER": "is_active",
        "PRODUCT_NAME": PRODUCT_NAME,
        "FORGOT_LIMIT_PER_EMAIL": f"{LINKS}/15 minutes",
        "RESET_URL": f"http://localhost:{ports['PORT']}/reset-password",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(ports["INBOX_SMTP_PORT"]),
        "MAIL_USE_TLS": "false",
        "MAIL_USE_SSL": "false",
        "MAIL_DEFAULT_SENDER": f"{PRODUCT_NAME} <no-reply@example.com>",
        "SIGN_IN_URL": f"http://localhost:{ports['INBOX_PORT']}/sign-in",
        "HOST": "127.0.0.1",
        "PORT": str(ports["PORT"]),
        "WORKER_PROCESSES": "1",
        "WORKER_EVENTS": "true",
    }


def frontend_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings for LATCHKEY_FRONTEND, a reset page under development: mails link to it, CORS allows it."""
    page = environ.get("LATCHKEY_FRONTEND", "")
    parts = urlsplit(page)
    return {"RESET_URL": page, "CORS_ORIGINS": f"{parts.scheme}://{parts.netloc}"} if page else {}


def metrics_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the setting that opens /metrics, if the shell has a METRICS_TOKEN."""
    token = environ.get("METRICS_TOKEN")
    return {"METRICS_TOKEN": token} if token else {}


def check_settings(settings: Mapping[str, str]) -> None:
    """Check the settings of the API and the worker before any part starts.

    Raises SettingsError.
    """
    for program in _PROGRAMS:
        program.load(settings)


def flower_settings(ports: Mapping[str, int], *, user: str, password: str) -> dict[str, str]:
    """Return Flower's settings. Command-line arguments would be visible to every user of the machine."""
    return {
        "REDIS_URL": redis_url(ports),
        "FLOWER_ADDRESS": "127.0.0.1",
        "FLOWER_PORT": str(ports["FLOWER_PORT"]),
        "FLOWER_BASIC_AUTH": f"{user}:{password}",
    }


def inbox_settings(ports: Mapping[str, int], *, user: str, password: str, database: Path) -> dict[str, str]:
    """Return the settings of the inbox and the front page; user and password are Flower's."""
    names = ("INBOX_PORT", "INBOX_SMTP_PORT", "PORT", "FLOWER_PORT")
    return {
        **{name: str(ports[name]) for name in names},
        "FLOWER_BASIC_AUTH": f"{user}:{password}",
        "DATABASE_URL": database_url(database),
    }
