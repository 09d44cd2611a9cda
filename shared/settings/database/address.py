"""The address of the database, as platforms and other clients write it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from shared.settings.database.mysql import parse_mysql
from shared.settings.database.parameters import NAME, NOT_AN_ADDRESS, Parsed, read_parameters
from shared.settings.database.postgresql import parse_postgresql
from shared.settings.database.sqlite import parse_sqlite

Backend = Literal["postgresql", "mysql", "sqlite"]

_BACKENDS: dict[str, Backend] = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mysql2": "mysql",  # Rails.
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
_PARSERS: dict[Backend, Callable[[str, dict[str, str]], Parsed]] = {
    "postgresql": parse_postgresql,
    "mysql": parse_mysql,
    "sqlite": parse_sqlite,
}


@dataclass(frozen=True)
class DatabaseAddress:
    """The database. target: what libpq takes, or a URL for SQLAlchemy. options: what PyMySQL takes.

    schema: where the users table is, if the address says so. ignored: the names of parameters that have no effect.
    """

    backend: Backend
    target: str = field(repr=False)
    schema: str = ""
    ignored: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Parse the address without connecting.

        Raises ValueError, whose text names what is wrong and holds no password.
        """
        scheme, _, rest = url.partition("://")
        name = scheme.partition("+")[0].lower()
        if "://" not in url or not NAME.fullmatch(name):
            raise ValueError(NOT_AN_ADDRESS)
        if name not in _BACKENDS:
            raise ValueError(f"names {name}, which is not supported")
        base, _, query = rest.partition("?")
        backend = _BACKENDS[name]
        return cls(backend, *_PARSERS[backend](base, read_parameters(query)))
