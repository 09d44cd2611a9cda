"""Explain a failure of Redis or of the database in a sentence with a cure, and without private data.

The texts of exceptions may hold SQL statements, addresses and passwords: they are not repeated as they are.
"""

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shared.connections.redis_failures import explain_redis
from shared.database.failures import explain_database
from shared.users.table import UsersTableError
from shared.words import printable


class ProbeFailed(Exception):
    """A step would fail. The text is a sentence with a cure, and without private data."""


def explain(error: Exception) -> str:
    """Return why a step failed, and what to do about it: for our own exceptions their `hint`, if they have one."""
    match error:
        case ProbeFailed() | UsersTableError():
            return printable(str(error))  # Names of tables and columns may hold anything.
        case RedisError():
            return explain_redis(error)
        case SQLAlchemyError():
            return explain_database(error)
    unknown = f"Unexpected: {type(error).__name__}. Please report it."
    return str(getattr(error, "hint", unknown))
