"""The Flask-SQLAlchemy object, and the connections of both programs, with a bound on every wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from shared.database.mysql import connect_to_mysql
from shared.database.postgresql import connect_to_postgresql
from shared.database.waits import CONNECT_TIMEOUT, STATEMENT_TIMEOUT
from shared.log import get_logger
from shared.settings.database.address import DatabaseAddress

db = SQLAlchemy()

log = get_logger(__name__)


def database_config(url: str, connections: int, *, reads_only: bool = False) -> dict[str, Any]:
    """Return the Flask configuration for a database, without opening a connection.

    reads_only: each statement commits by itself, which saves the two round trips of BEGIN and ROLLBACK.
    """
    address = DatabaseAddress.parse(url)
    if address.ignored:
        log.info("database_parameters_ignored", names=address.ignored)
    # Pooled connections are tested before use, so that a restart of the database costs no job a second attempt.
    options: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
    if reads_only:
        options["isolation_level"] = "AUTOCOMMIT"
    if address.backend == "sqlite":
        options["connect_args"] = {"timeout": STATEMENT_TIMEOUT}
        return {"SQLALCHEMY_DATABASE_URI": address.target, "SQLALCHEMY_ENGINE_OPTIONS": options}
    options |= {"pool_size": connections, "max_overflow": 0, "pool_timeout": CONNECT_TIMEOUT}
    # Without an address: SQLAlchemy cannot parse all that the drivers take, such as several hosts.
    if address.backend == "mysql":
        options["creator"] = lambda: connect_to_mysql(address.options)
        return {"SQLALCHEMY_DATABASE_URI": "mysql+pymysql://", "SQLALCHEMY_ENGINE_OPTIONS": options}
    options["creator"] = lambda: connect_to_postgresql(address.target)
    return {"SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://", "SQLALCHEMY_ENGINE_OPTIONS": options}


def reading_app(url: str) -> Flask:
    """Build an app that only reads the database, over one connection."""
    app = Flask("reads")
    app.config.update(database_config(url, connections=1, reads_only=True))
    db.init_app(app)
    return app


@contextmanager
def connected(app: Flask) -> Iterator[None]:
    """Enter the app's context, and close the connections that were opened in it."""
    with app.app_context():
        try:
            yield
        finally:
            db.engine.dispose()
