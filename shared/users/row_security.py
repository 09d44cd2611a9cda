"""Row level security of PostgreSQL may hide rows without an error: an UPDATE, or a look-up, just finds none."""

from sqlalchemy import Connection, exists, select, text

from shared.users.table import UsersTable, UsersTableError

# polcmd: r is SELECT, w is UPDATE, and an asterisk is every command; role 0 is PUBLIC.
_POLICIES = text("""
    SELECT row_security_active(c.oid) AS active,
        EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polpermissive AND polcmd IN ('w', '*')
            AND (0 = ANY (polroles) OR EXISTS (
                SELECT FROM unnest(polroles) AS role WHERE role <> 0 AND pg_has_role(role, 'USAGE')))) AS may_update,
        GREATEST(reltuples, pg_stat_get_live_tuples(c.oid)) > 0 AS has_rows
    FROM pg_class AS c WHERE c.oid = to_regclass(:table)
""")


def check_row_security(table: UsersTable, *, updates: bool) -> None:
    """Raise UsersTableError if policies hide every row from a look-up, or, with `updates`, from an UPDATE."""
    with table.engine.connect() as connection:
        if connection.dialect.name != "postgresql":
            return
        policies = connection.execute(_POLICIES, {"table": table.sql_name(connection)}).one()
        if not policies.active:
            return
        if policies.has_rows and not _sees_a_row(connection, table):
            _refuse(table.sql_name(connection), "SELECT")
        if updates and not policies.may_update:
            _refuse(table.sql_name(connection), "UPDATE")


def _sees_a_row(connection: Connection, table: UsersTable) -> bool:
    return bool(connection.execute(select(exists().select_from(table.reflected))).scalar())


def _refuse(name: str, command: str) -> None:
    raise UsersTableError(
        f"Row level security hides every row of {name} from {command} by this user of the database. Make a policy for "
        f"it (CREATE POLICY ... ON {name} FOR {command} ...), set what its policies ask for in `options` of "
        "DATABASE_URL, or give the user BYPASSRLS."
    )
