"""The addresses of the demo's programs, for its front page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

from dev.stack.ports import DEFAULT_PORTS

_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Place:
    """The ports of the API and Flower, Flower's credentials, and the SQLite file with the users table."""

    api_port: str
    flower_port: str
    flower_user: str
    flower_password: str
    database: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment that the demo sets; outside of a demo, the default ports are used."""
        user, _, password = environ.get("FLOWER_BASIC_AUTH", "").partition(":")
        return cls(
            api_port=environ.get("PORT") or str(DEFAULT_PORTS["PORT"]),
            flower_port=environ.get("FLOWER_PORT") or str(DEFAULT_PORTS["FLOWER_PORT"]),
            flower_user=user,
            flower_password=password,
            database=Path(environ.get("DATABASE_URL", "").removeprefix(_SQLITE)),
        )

    def page(self, path: str) -> str:
        """Return the URL of one of the API's pages."""
        return f"http://localhost:{self.api_port}{path}"

    @property
    def flower(self) -> str:
        """Flower's URL."""
        return f"http://localhost:{self.flower_port}"

    @property
    def open_flower(self) -> str:
        """Flower's URL with user and password, so that a browser does not prompt for them."""
        if not self.flower_password:
            return self.flower
        return f"http://{quote(self.flower_user, '')}:{quote(self.flower_password, '')}@localhost:{self.flower_port}"
