"""The address of the database, as platforms and other clients write it: for PostgreSQL in libpq's form, or SQLite."""

import re
from dataclasses import dataclass, field
from typing import Literal, Self
from urllib.parse import quote, unquote

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

Backend = Literal["postgresql", "sqlite"]

_BACKENDS: dict[str, Backend] = {"postgres": "postgresql", "postgresql": "postgresql", "sqlite": "sqlite"}
_NOT_AN_ADDRESS = "is not a database address (a password in it must be percent-encoded)"
_RAW_AT = "is not a database address (an @ after the question mark must be percent-encoded, and so must a password)"
_MEMORY = re.compile(r":memory:|[?&]mode=memory|vfs=memdb")
_IN_MEMORY = "names a SQLite database in memory, which API and worker cannot share"
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,50}", re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
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
# What only concerns another client's pool, cache of statements or timeouts: Prisma, SQLAlchemy, asyncpg, Rails, Django,
# pgx, JDBC, Npgsql; then what Vercel adds for Supabase.
_OTHER_CLIENTS = frozenset(
    """
    connection_limit pool_timeout pgbouncer socket_timeout max_idle_connection_lifetime max_connection_lifetime
    statement_cache_size prepared_statement_cache_size command_timeout timeout prepared_statement_name_func
    async_fallback pool pool_size max_overflow pool_recycle pool_pre_ping prepared_statements reaping_frequency
    checkout_timeout idle_timeout encoding conn_max_age conn_health_checks max_conns min_conns pool_max_conns
    pool_min_conns pool_max_conn_lifetime pool_max_conn_idle_time pool_health_check_period
    default_query_exec_mode statement_cache_capacity description_cache_capacity preparethreshold pooling
    maxpoolsize minpoolsize uselibpqcompat workaround supa
    """.split()  # noqa: SIM905 - quotes and commas would hide the names
)
# SQLite's own parameters (https://sqlite.org/uri.html), and those of Python's driver, which Latchkey sets itself.
_SQLITE = {"mode", "cache", "immutable", "nolock", "psow", "vfs"}
_SQLITE_DRIVER = {"uri", "timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements"}


@dataclass(frozen=True)
class DatabaseAddress:
    """The database. target: what libpq takes, or a URL for SQLAlchemy's SQLite.

    schema: where the users table is, if the address says so. ignored: the names of parameters that have no effect.
    """

    backend: Backend
    target: str = field(repr=False)
    schema: str = ""
    ignored: tuple[str, ...] = ()

    @classmethod
    def parse(cls, url: str) -> Self:
        """Parse the address without connecting.

        Raises ValueError, whose text names what is wrong and holds no password.
        """
        scheme, _, rest = url.partition("://")
        name = scheme.partition("+")[0].lower()
        if "://" not in url or not _NAME.fullmatch(name):
            raise ValueError(_NOT_AN_ADDRESS)
        if name not in _BACKENDS:
            raise ValueError(f"names {name}, which is not supported")
        base, _, query = rest.partition("?")
        parameters = _parameters(query)
        parse = _sqlite if _BACKENDS[name] == "sqlite" else _postgresql
        return cls(_BACKENDS[name], *parse(base, parameters))


def _parameters(query: str) -> dict[str, str]:
    """Return the parameters, decoded as libpq does, which leaves a plus sign alone."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    parameters = {unquote(name): unquote(value) for name, _, value in pairs}
    # A question mark in a password that is not encoded: what follows is no name of a parameter, and must not be shown.
    if "@" in query:
        raise ValueError(_RAW_AT)
    if not all(map(_NAME.fullmatch, parameters)):
        raise ValueError(_NOT_AN_ADDRESS)
    return parameters


def _postgresql(base: str, parameters: dict[str, str]) -> tuple[str, str, tuple[str, ...]]:
    schema, taken, ignored = "", dict[str, str](), list[str]()
    for name, value in parameters.items():
        known = name.lower()
        if known in _OURS | _OTHER_CLIENTS:
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
    return target, schema, tuple(ignored)


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
        raise ValueError(_NOT_AN_ADDRESS) from None
    ports = [port for port in str(parts.get("port", "")).split(",") if port]
    if not all(port.isascii() and port.isdigit() and 0 < int(port) < 65536 for port in ports):  # noqa: PLR2004
        raise ValueError(_NOT_AN_ADDRESS)


def _sqlite(base: str, parameters: dict[str, str]) -> tuple[str, str, tuple[str, ...]]:
    if not base.startswith("/"):  # The part before the third slash would be a host.
        raise ValueError(_NOT_AN_ADDRESS if base else _IN_MEMORY)
    path = unquote(base[1:])
    path = path[len("file:") :] if path.lower().startswith("file:") else path
    kept = {name: value for name, value in parameters.items() if name in _SQLITE}
    if _is_in_memory(path, kept):
        raise ValueError(_IN_MEMORY)
    if unknown := parameters.keys() - _SQLITE - _SQLITE_DRIVER:
        raise ValueError(f"has the parameter {min(unknown)}, which SQLite does not know")
    if not _NUMBER.fullmatch(parameters.get("timeout", "0")):
        raise ValueError(_NOT_AN_ADDRESS)
    ignored = tuple(name for name in parameters if name in _SQLITE_DRIVER - {"uri"})
    if not kept:
        return f"sqlite:///{quote(path)}", "", ignored
    # The path is decoded twice: by SQLAlchemy and by SQLite.
    options = "&".join(f"{name}={quote(value)}" for name, value in kept.items())
    return f"sqlite:///file:{quote(quote(path))}?{options}&uri=true", "", ignored


def _is_in_memory(path: str, parameters: dict[str, str]) -> bool:
    """Tell whether SQLite would make a database that only this process sees, or whether that was meant.

    SQLite compares in small letters, decodes a path once more, and ends it at a NUL. Other spellings would make a file
    of an odd name in the folder of each program.
    """
    meant = f"{path}?" + "&".join(f"{name}={value}" for name, value in parameters.items())
    while (decoded := unquote(meant)) != meant:
        meant = decoded
    file = meant.partition("?")[0].partition("\0")[0]
    return not file.strip("/ ") or bool(_MEMORY.search(meant.lower()))
