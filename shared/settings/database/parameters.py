"""The parameters in the address of a database, as platforms and other clients write them."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import unquote

NOT_AN_ADDRESS = "is not a database address (a password in it must be percent-encoded)"
NAME = re.compile(r"[A-Za-z_][\w.-]{0,50}", re.ASCII)
_RAW_AT = "is not a database address (an @ after the question mark must be percent-encoded, and so must a password)"
# What only concerns another client's pool, cache of statements or timeouts: Prisma, SQLAlchemy, asyncpg, Rails, Django,
# pgx, JDBC, Npgsql, mysql2; then what Vercel adds for Supabase.
OTHER_CLIENTS = frozenset(
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

_NONE: Mapping[str, Any] = MappingProxyType({})


class Parsed(NamedTuple):
    """An address as its driver takes it.

    target: what libpq takes, or a URL for SQLAlchemy. schema: where the users table is, if the address says so.
    ignored: the names of parameters that have no effect. options: what PyMySQL takes.
    """

    target: str
    schema: str = ""
    ignored: tuple[str, ...] = ()
    options: Mapping[str, Any] = _NONE


def read_parameters(query: str) -> dict[str, str]:
    """Return the parameters, decoded as libpq does, which leaves a plus sign alone.

    Raises ValueError.
    """
    pairs = [part.partition("=") for part in query.split("&") if part]
    parameters = {unquote(name): unquote(value) for name, _, value in pairs}
    # A question mark in a password that is not encoded: what follows is no name of a parameter, and must not be shown.
    if "@" in query:
        raise ValueError(_RAW_AT)
    if not all(map(NAME.fullmatch, parameters)):
        raise ValueError(NOT_AN_ADDRESS)
    return parameters
