"""Explain what the database answers: a sentence with a cure, and the database's own words where they hold no values.

PostgreSQL tells the kind of an error in its SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
Its first message is repeated, and never its detail, which may hold a row. The messages of classes 22 and 23, and what a
trigger says in its own words, may hold values: only their kind and the names of columns and constraints are told.
"""

import sqlite3

import psycopg
import pymysql
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.words import words

_AWAY = "Check that the database is running, DATABASE_URL, and the network."
_SETTINGS = "Check USERS_TABLE, the names of its columns, and USERS_FILTER."
_TYPES = "Check the types of the columns that the settings name, and USERS_FILTER."
_VIEW = "Give the view an INSTEAD OF UPDATE trigger, or let USERS_TABLE name a table."
_POOLER = (
    "Check the pooler between Latchkey and the database. It needs no prepared statements and no state of a session."
)
_RIGHTS = (
    "Grant its user SELECT on the table, and for the API UPDATE on the columns that a reset writes. Check the policies "
    "of row level security, too."
)
_REPLICA = "This database takes no writes. Let the API's DATABASE_URL name the primary."
_CONSTRAINTS = "Check the constraints of the table, and its triggers."
_SLOW = "Check the load and the locks of the database, and that an index serves the look-up."

# The classes whose words may hold values: of data and constraints; of functions in other languages and in PL/pgSQL.
_NOT_REPEATED = {"22", "23", "38", "39", "P0"}

# By SQLSTATE, and then by its class, the first two characters.
_CURES = {
    "0A000": _VIEW,
    "25006": _REPLICA,
    "42501": _RIGHTS,
    "42804": _TYPES,
    "42883": _TYPES,
    "42725": _TYPES,
    "428C9": "The column is generated. Let USERS_PASSWORD_COLUMN name the one that it is generated from.",
    "42P05": _POOLER,
    "26000": _POOLER,
    "3D000": "Check the name of the database in DATABASE_URL.",
    "53300": "Let the database take more connections, or put a pooler before it.",
    "55000": _VIEW,
    "57014": _SLOW,
    "55P03": _SLOW,
    "22001": "Make the column longer.",
    "08": _AWAY,
    "22": _TYPES,
    "23": _CONSTRAINTS,
    "28": "Check the user and the password in DATABASE_URL, and pg_hba.conf.",
    "40": "It passes by itself: somebody else changed the row. If it lasts, check the triggers of the table.",
    "42": _SETTINGS,
    "44": "Check the WITH CHECK OPTION of the view.",
    "53": "The database is short of memory, disk or connections.",
    "57": _AWAY,
    "P0": "Check the triggers of the table.",
}
_SQLITE_CURES = {
    "SQLITE_READONLY": "Let the API write to the file and its folder.",
    "SQLITE_CANTOPEN": "Check the path in DATABASE_URL, and the rights to the file and its folder.",
    "SQLITE_BUSY": "Another program writes to the file, and does not end. See which one it is.",
    "SQLITE_CONSTRAINT": _CONSTRAINTS,
    "SQLITE_ERROR": _SETTINGS,
    "SQLITE_NOTADB": "Check the path in DATABASE_URL.",
    "SQLITE_FULL": "Free space on the disk.",
}


# By MySQL's error number (https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html).
_MYSQL_CURES = {
    **dict.fromkeys((1044, 1045, 1698), "Check the user and the password in DATABASE_URL."),
    1049: "Check the name of the database in DATABASE_URL.",
    **dict.fromkeys((1054, 1064, 1146, 1103, 1102), _SETTINGS),
    **dict.fromkeys((1142, 1143, 1305, 1370), _RIGHTS),
    **dict.fromkeys((1290, 1792, 1836), _REPLICA),
    **dict.fromkeys((1205, 1969, 3024, 1317), _SLOW),
    1213: "It passes by itself: somebody else changed the row. If it lasts, check the triggers of the table.",
    **dict.fromkeys((1040, 1203, 1226), "Let the database take more connections, or put a proxy before it."),
    1406: "Make the column longer.",
    **dict.fromkeys((1288, 1348, 1394, 1395), "Let USERS_TABLE name a table, or a view that can be updated."),
    1369: "Check the WITH CHECK OPTION of the view.",
    **dict.fromkeys((1048, 1062, 1364, 1451, 1452, 3819, 4025), _CONSTRAINTS),
    **dict.fromkeys((1265, 1292, 1366, 1690), _TYPES),
    1644: "Check the triggers of the table.",
}
# Only the messages of these are repeated: PyMySQL puts values into a statement, and others may quote it.
_MYSQL_REPEATED = {1040, 1044, 1045, 1049, 1054, 1142, 1143, 1146, 1203, 1205, 1213, 1226, 1290, 1305, 1370, 1698, 1969}
_MYSQL_CLIENT = range(2000, 3000)  # PyMySQL's own numbers: no connection, or lost.
_MYSQL_SIGNAL, _MYSQL_OWN_NUMBERS = 1644, 30_000  # A trigger's error: without a number, or with one of its own.
_MYSQL_LASTING = {1054, 1142, 1143, 1290, 1305, 1364, 1370, 1792, 1836}


def explain_database(error: SQLAlchemyError) -> str:
    """Return why the database refused or failed, and what to do about it."""
    if isinstance(error, PoolTimeout):
        return f"All connections to the database are in use. {_SLOW}"
    match getattr(error, "orig", None):
        case psycopg.Error() as cause if cause.sqlstate:
            return _of_postgresql(cause, cause.sqlstate)
        case psycopg.Error() as cause:
            return f"The database cannot be reached: {_own_words(str(cause))}. {_AWAY}"
        case pymysql.MySQLError() as cause:
            return _of_mysql(cause)
        case sqlite3.Error() as cause:
            return _of_sqlite(cause)
    return f"The database refused a statement ({type(error).__name__}). {_SETTINGS}"


def sqlstate(error: SQLAlchemyError) -> str:
    """Return PostgreSQL's code of an error, or an empty string."""
    return getattr(error.orig, "sqlstate", None) or "" if isinstance(error, DBAPIError) else ""


def is_lasting(error: Exception) -> bool:
    """Tell whether the database refuses a statement until somebody changes it, or the database.

    Its rights, policies, triggers, constraints or types may be the reason.
    """
    if isinstance(error, DataError | IntegrityError | ProgrammingError):
        return True
    cause = getattr(error, "orig", None)
    if isinstance(cause, pymysql.MySQLError):  # PyMySQL raises OperationalError for an unknown column, too.
        return _number(cause) in _MYSQL_LASTING
    return isinstance(cause, sqlite3.Error) and _code(cause) in {"SQLITE_ERROR", "SQLITE_READONLY"}


def is_of_a_trigger(error: Exception) -> bool:
    """Tell whether a trigger raised this in its own words, whatever SQLSTATE it chose: it may concern one row alone."""
    match getattr(error, "orig", None):
        case psycopg.Error() as cause:
            return _is_raised(cause)
        case pymysql.MySQLError() as cause:
            return _number(cause) == _MYSQL_SIGNAL or _number(cause) >= _MYSQL_OWN_NUMBERS
        case sqlite3.Error() as cause:
            return _code(cause) == "SQLITE_CONSTRAINT_TRIGGER"
    return False


def _is_raised(cause: psycopg.Error) -> bool:
    # PostgreSQL names the C function that reports an error: this one carries out PL/pgSQL's RAISE.
    return (cause.sqlstate or "").startswith("P0") or cause.diag.source_function == "exec_stmt_raise"


def _of_postgresql(cause: psycopg.Error, code: str) -> str:
    cure = _CURES.get(code) or _CURES.get(code[:2], "The database's own log says more.")
    told = code[:2] not in _NOT_REPEATED and not _is_raised(cause)
    said = cause.diag.message_primary or "" if told else _without_values(cause)
    return f"The database refused a statement: {_own_words(said)} (SQLSTATE {code}). {cure}"


def _without_values(cause: psycopg.Error) -> str:
    names = [name for name in (cause.diag.constraint_name, cause.diag.column_name) if name]
    return " ".join([type(cause).__name__, *names])


def _of_mysql(cause: pymysql.MySQLError) -> str:
    number = _number(cause)
    said = str(cause.args[1]) if len(cause.args) > 1 else type(cause).__name__
    if number in _MYSQL_CLIENT or number == 0:
        return f"The database cannot be reached: {_own_words(said)}. {_AWAY}"
    cure = _MYSQL_CURES.get(number, "The database's own log says more.")
    said = said if number in _MYSQL_REPEATED else type(cause).__name__
    return f"The database refused a statement: {_own_words(said)} (error {number}). {cure}"


def _number(cause: pymysql.MySQLError) -> int:
    return cause.args[0] if cause.args and isinstance(cause.args[0], int) else 0


def _of_sqlite(cause: sqlite3.Error) -> str:
    code = _code(cause)
    said = type(cause).__name__ if code == "SQLITE_CONSTRAINT_TRIGGER" else _own_words(str(cause))
    cure = next(
        (cure for name, cure in _SQLITE_CURES.items() if code.startswith(name)), "See https://sqlite.org/rescode.html."
    )
    return f"The database refused a statement: {said} ({code}). {cure}"


def _code(cause: sqlite3.Error) -> str:
    return getattr(cause, "sqlite_errorname", "") or type(cause).__name__


def _own_words(text: str) -> str:
    """Return the database's words without the full stop, as a part of a sentence."""
    return words(text).rstrip(". ")
