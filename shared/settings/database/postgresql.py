"""The address of a PostgreSQL, in libpq's form."""

from urllib.parse import quote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from shared.settings.database.parameters import NOT_AN_ADDRESS, OTHER_CLIENTS, Parsed

_LIBPQ = {option.keyword.decode() for option in Conninfo.get_defaults()}
_SSL_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
# How other clients ask for TLS: node-postgres, asyncpg and JDBC. `no-verify` is libpq's `require`.
_SSL = {"no-verify": "require", "false": "disable", "0": "disable"}
# These clients then verify the certificate by the system's list, which libpq may not find, and some platforms mean no
# check at all.
_SSL_UNTOLD = {"true", "1"}
# What other clients call the schema of the tables: Prisma; JDBC; pgx and Rails.
_SCHEMA = {"schema", "currentschema", "search_path", "schema_search_path"}
# Latchkey has bounds of its own for each wait, and speaks UTF-8.
_OURS = {"connect_timeout", "tcp_user_timeout", "client_encoding"}


def parse_postgresql(base: str, parameters: dict[str, str]) -> Parsed:
    """Parse what follows the scheme.

    Raises ValueError, whose text names what is wrong and holds no password.
    """
    schema, taken, ignored = "", dict[str, str](), list[str]()
    for name, value in parameters.items():
        known = name.lower()
        if known in _OURS | OTHER_CLIENTS:
            ignored.append(name)
        elif known in _SCHEMA:
            schema = value
        elif known == "ssl" and "sslmode" in map(str.lower, parameters):  # As JDBC: the more exact one counts.
            ignored.append(name)
        elif known in {"ssl", "sslmode"}:
            taken["sslmode"] = _ssl_mode(name, value)
        elif known in _LIBPQ:
            taken[known] = value
        else:
            raise ValueError(f"has the parameter {name}, which neither libpq nor Latchkey knows")
    if "," in schema:
        raise ValueError("names several schemas. Name the one of the users table in USERS_TABLE, as schema.table")
    target = f"postgresql://{base}" + ("?" if taken else "") + "&".join(f"{n}={quote(v, '')}" for n, v in taken.items())
    _check(target)
    return Parsed(target, schema, tuple(ignored))


def _ssl_mode(name: str, value: str) -> str:
    if value.lower() in _SSL_UNTOLD:
        raise ValueError(
            f"has {name}={value.lower()}, which does not say whether the server's certificate is verified. Write "
            "sslmode=verify-full and sslrootcert, or sslmode=require for TLS without that check"
        )
    mode = _SSL.get(value.lower(), value)
    if mode not in _SSL_MODES:
        raise ValueError(f"has a value of {name} that is not one of {', '.join(sorted(_SSL_MODES))}")
    return mode


def _check(target: str) -> None:
    """Raise ValueError if libpq would refuse the address; libpq's own words may hold the password."""
    try:
        parts = conninfo_to_dict(target)
    except (ProgrammingError, ValueError):
        raise ValueError(NOT_AN_ADDRESS) from None
    ports = [port for port in str(parts.get("port", "")).split(",") if port]
    if not all(port.isascii() and port.isdigit() and 0 < int(port) < 65536 for port in ports):  # noqa: PLR2004
        raise ValueError(NOT_AN_ADDRESS)
