"""Advice about the users table, although everything works: no index for the look-up, no unique id."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from shared.addresses import lower
from shared.failures import ProbeFailed
from shared.users.table import UsersTable, backend
from shared.users.users import Users

MANY_ROWS = 10_000  # Below this, reading the whole table takes a few milliseconds.

_UNIQUE = {
    # A view has no indexes of its own, and may well have unique ids.
    "postgresql": text("""
        SELECT relkind NOT IN ('r', 'p') OR EXISTS (
            SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
            WHERE indrelid = c.oid AND attname = :id
                AND indisunique AND indisvalid AND indnkeyatts = 1 AND indpred IS NULL)
        FROM pg_class AS c WHERE c.oid = to_regclass(:quoted)
    """),
    "mysql": text("""
        SELECT NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_type = 'BASE TABLE'
                AND table_schema = coalesce(:database, database()) AND table_name = :name)
            OR EXISTS (
                SELECT 1 FROM information_schema.statistics
                WHERE table_schema = coalesce(:database, database()) AND table_name = :name AND non_unique = 0
                GROUP BY index_name HAVING count(*) = 1 AND max(column_name) = :id)
    """),
    "sqlite": text("""
        SELECT (SELECT type FROM sqlite_master WHERE name = :name COLLATE NOCASE) <> 'table'
            OR (SELECT group_concat(name) FROM pragma_table_info(:name, :schema) WHERE pk > 0) = :id
            OR EXISTS (
                SELECT 1 FROM pragma_index_list(:name, :schema) AS i WHERE i."unique" AND NOT partial
                    AND (SELECT group_concat(name) FROM pragma_index_info(i.name, :schema)) = :id)
    """),
}
_HAS_INDEXES = {
    "postgresql": text("SELECT relkind IN ('r', 'p', 'm') FROM pg_class WHERE oid = to_regclass(:quoted)"),
    "mysql": text("""
        SELECT table_type = 'BASE TABLE' FROM information_schema.tables
        WHERE table_schema = coalesce(:database, database()) AND table_name = :name
    """),
    "sqlite": text("SELECT type = 'table' FROM sqlite_master WHERE name = :name COLLATE NOCASE"),
}
_LARGEST = text("SELECT max(reltuples) FROM pg_class WHERE relname = ANY (:names) AND relkind IN ('r', 'm')")


def check_unique_id(table: UsersTable) -> None:
    """Raise ProbeFailed if no primary key or unique index consists of the id alone."""
    with table.engine.connect() as connection:
        quoted = table.sql_name(connection)
        if not connection.execute(_UNIQUE[backend(connection)], _names(connection, table)).scalar():
            raise ProbeFailed(
                f"No primary key or unique index of {quoted} consists of {table.id.name} alone. Where users share an "
                "id, links still work for the right one. Let USERS_ID_COLUMN name a unique column."
            )


def check_index(users: Users) -> None:
    """Raise ProbeFailed if the look-up by address reads the whole of a large table."""
    table = users.table
    with table.engine.connect() as connection:
        rows = _ROWS_READ[backend(connection)](connection, users)
        if rows > MANY_ROWS:
            raise ProbeFailed(
                f"No index serves the look-up by address: each one reads all of {table.sql_name(connection)}, more "
                f"than {MANY_ROWS:,} rows. {_cure(connection, users)}"
            )


def check_capitals(users: Users) -> None:
    """Raise ProbeFailed if people must type their address with the capitals with which it is stored."""
    addresses = users.some_addresses()
    capitals = [address for address in addresses if address != lower(address)]
    if not capitals or users.looks_up_any_capitals or users.find(lower(capitals[0])):
        return
    table = users.table
    with table.engine.connect() as connection:
        column = connection.dialect.identifier_preparer.format_column(table.email)
        raise ProbeFailed(
            f"{len(capitals)} of {len(addresses)} addresses looked at are stored with capitals, and found only if they "
            f"are typed so. Set USERS_EMAIL_MATCH=lower, which needs an index on lower({column}) of "
            f"{table.sql_name(connection)}."
        )


def _cure(connection: Connection, users: Users) -> str:
    """Return the statement that creates the index, or what to do if the users table is a view."""
    target, preparer = users.table.reflected, connection.dialect.identifier_preparer
    looked_up = users.look_up.compared(connection)
    if not connection.execute(_HAS_INDEXES[backend(connection)], _names(connection, users.table)).scalar():
        return f"Make an index on the addresses of the table behind the view, for a look-up by {looked_up}."
    index = preparer.quote("_".join(re.findall(r"\w+", f"{target.name} {looked_up}")))
    # In SQLite, the schema would stand before the name of the index. It is `main`, the default.
    name = preparer.format_table(target, use_schema=connection.dialect.name != "sqlite")
    if backend(connection) == "mysql" and looked_up.startswith("lower("):
        return "Set USERS_EMAIL_MATCH=exact: the collations of this database pass over capitals by themselves."
    return f"Make one: CREATE INDEX {index} ON {name} ({looked_up})."


def _rows_read(connection: Connection, users: Users) -> int:
    """Return the number of rows of the largest table that PostgreSQL would read as a whole, by its own estimate."""
    plan = _explain(connection, "EXPLAIN (FORMAT JSON)", users)[0][0]  # psycopg has parsed the JSON.
    names = [node["Relation Name"] for node in _nodes(plan[0]["Plan"])]
    return int(connection.execute(_LARGEST, {"names": names}).scalar() or 0)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the nodes of a plan that read a whole table, or a whole index."""
    if "Relation Name" in node and not node.keys() & {"Index Cond", "Recheck Cond", "TID Cond"}:
        yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _rows_read_by_sqlite(connection: Connection, users: Users) -> int:
    """Return a number of rows above MANY_ROWS if SQLite would read a whole table that has so many."""
    steps = [str(step[-1]) for step in _explain(connection, "EXPLAIN QUERY PLAN", users)]
    if not any(step.startswith("SCAN ") for step in steps):
        return 0
    name = users.table.sql_name(connection)
    many = connection.exec_driver_sql(f"SELECT 1 FROM {name} LIMIT 1 OFFSET {MANY_ROWS}").first()  # noqa: S608 - quoted
    return MANY_ROWS + 1 if many else 0


def _rows_read_by_mysql(connection: Connection, users: Users) -> int:
    """Return the number of rows of the largest table that MySQL would read as a whole, by its own estimate."""
    steps = _explain(connection, "EXPLAIN", users)
    return max((int(step.rows or 0) for step in steps if step.type in {"ALL", "index"}), default=0)


_ROWS_READ = {"postgresql": _rows_read, "mysql": _rows_read_by_mysql, "sqlite": _rows_read_by_sqlite}


def _names(connection: Connection, table: UsersTable) -> dict[str, str | None]:
    target = table.reflected
    return {
        "id": table.id.name,
        "quoted": table.sql_name(connection),
        "name": target.name,
        "schema": target.schema or "main",
        "database": target.schema,
    }


def _explain(connection: Connection, explain: str, users: Users) -> list[Any]:
    statement, parameters = users.look_up.as_sent(connection)
    return list(connection.exec_driver_sql(f"{explain} {statement}", parameters))
