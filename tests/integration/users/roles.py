"""A user of PostgreSQL with few rights."""

from collections.abc import Sequence

from psycopg.conninfo import conninfo_to_dict

from tests.support.service import Service

ROLE = "latchkey_of_a_test"


def as_role(owner: Service, rights: Sequence[str], role: str = ROLE) -> str:
    """Make a role with these rights, and return the address of the owner's database for it."""
    if owner.sql("SELECT 1 FROM pg_roles WHERE rolname = :role", role=role):
        owner.sql(f"DROP OWNED BY {role}")
        owner.sql(f"DROP ROLE {role}")
    owner.sql(f"CREATE ROLE {role} LOGIN")
    owner.sql(f"GRANT USAGE ON SCHEMA public TO {role}")
    for right in rights:
        owner.sql(f"GRANT {right} TO {role}")
    parts = conninfo_to_dict(owner.environ["DATABASE_URL"])
    return f"postgresql://{role}@/{parts['dbname']}?host={parts['host']}&port={parts.get('port', '')}"
