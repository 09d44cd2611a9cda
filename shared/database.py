"""The Flask-SQLAlchemy object, and how both programs connect it."""

from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import make_url

db = SQLAlchemy()

CONNECT_TIMEOUT = 2  # Seconds.
STATEMENT_TIMEOUT = 5  # Seconds.


def database_config(url: str, connections: int) -> dict[str, Any]:
    """Return the Flask configuration for a database, with a bound on every wait; nothing is opened yet."""
    options: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
    if make_url(url).get_backend_name() == "postgresql":
        options |= {"pool_size": connections, "max_overflow": 0, "pool_timeout": CONNECT_TIMEOUT}
        options["connect_args"] = {
            "connect_timeout": CONNECT_TIMEOUT,
            "tcp_user_timeout": STATEMENT_TIMEOUT * 1000,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT * 1000}",
        }
    else:
        options["connect_args"] = {"timeout": STATEMENT_TIMEOUT}
    return {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": options}
