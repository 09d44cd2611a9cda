"""The environment of the demo's programs: soft settings that production has to choose for itself."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from api.settings import ApiSettings
from shared.settings.environment import nearest, secret_names
from worker.settings import WorkerSettings

# The demo comes up the same whatever the shell exports, so nothing that a program would read gets through. The
# exceptions are named below.
_PROGRAMS = (ApiSettings, WorkerSettings)
_SETTINGS = {name.upper() for program in _PROGRAMS for name in program.model_fields}
_SETTINGS |= {f"{name}_FILE" for program in _PROGRAMS for name in secret_names(program)}
# Whatever begins with USERS_ is taken for a setting; the others are read by libraries and by Python.
_READ_TOO = re.compile(r"(USERS|CELERY|FLOWER|FLASK|GRANIAN)_.+|PYTHONSAFEPATH|PYTHONWARNINGS")
# The demo may be tried as root. Celery's warning of that, five lines of advice for servers, would drown the welcome.
_AS_ROOT = (
    "You're running the worker with superuser privileges",
    "An entry for the specified gid or egid was not found",
)
PRODUCT_NAME = "Latchkey demo"
LINKS = 30  # That an address gets in 15 minutes: who tries all languages shall not run out of mail.
_LOG_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}


def inherited_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Pass the shell's environment on (PATH, HOME, locale), without anything that could be a setting."""
    kept = {name: value for name, value in environ.items() if not _is_read(name)}
    # The one that is of use here, if it means something to us.
    if environ.get("LOG_LEVEL") in _LOG_LEVELS:
        kept["LOG_LEVEL"] = environ["LOG_LEVEL"]
    # A .env in the folder is meant for production. Unbuffered: the last words of a dead program count.
    silent = ",".join(f"ignore:{warning}" for warning in _AS_ROOT)
    return kept | {"FLASK_SKIP_DOTENV": "1", "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": silent}


def _is_read(name: str) -> bool:
    """Tell whether a program would read the variable, or end because it looks like a misspelt setting."""
    return name in _SETTINGS or bool(_READ_TOO.fullmatch(name) or nearest(name, _SETTINGS))


def redis_url(ports: Mapping[str, int]) -> str:
    """Name the demo's Redis database."""
    return f"redis://127.0.0.1:{ports['REDIS_PORT']}/0"


def database_url(file: Path) -> str:
    """Name a SQLite database by its absolute path."""
    return f"sqlite:///{file}"


def latchkey_settings(ports: Mapping[str, int], *, secret: str, database: Path) -> dict[str, str]:
    """Set what the API, the worker and the command line read."""
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
        "USERS_HASH_FORMAT": "bcrypt",
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
    """Let mails lead to a reset page under development, LATCHKEY_FRONTEND, and its origin call the API."""
    page = environ.get("LATCHKEY_FRONTEND", "")
    parts = urlsplit(page)
    return {"RESET_URL": page, "CORS_ORIGINS": f"{parts.scheme}://{parts.netloc}"} if page else {}


def metrics_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Open /metrics to the METRICS_TOKEN of the shell."""
    token = environ.get("METRICS_TOKEN")
    return {"METRICS_TOKEN": token} if token else {}


def check_settings(settings: Mapping[str, str]) -> None:
    """Find out before a part starts what the API or the worker would refuse.

    Raises SettingsError.
    """
    for program in _PROGRAMS:
        program.load(settings)


def flower_settings(ports: Mapping[str, int], *, user: str, password: str) -> dict[str, str]:
    """Set what Flower reads; never as arguments, which every user of the machine can list."""
    return {
        "REDIS_URL": redis_url(ports),
        "FLOWER_ADDRESS": "127.0.0.1",
        "FLOWER_PORT": str(ports["FLOWER_PORT"]),
        "FLOWER_BASIC_AUTH": f"{user}:{password}",
    }


def inbox_settings(ports: Mapping[str, int], *, user: str, password: str, database: Path) -> dict[str, str]:
    """Set what the inbox reads, and the front page beside it; user and password are Flower's."""
    names = ("INBOX_PORT", "INBOX_SMTP_PORT", "PORT", "FLOWER_PORT")
    return {
        **{name: str(ports[name]) for name in names},
        "FLOWER_BASIC_AUTH": f"{user}:{password}",
        "DATABASE_URL": database_url(database),
    }
