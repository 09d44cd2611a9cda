"""The address of a Redis behind Sentinel: redis+sentinel://user:password@host:port,host,host/NAME/DB."""

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, quote, unquote

SENTINEL_PORT = 26379
# Seconds in which one sentinel must accept, and answer. They are asked in turn, and two may be dead or frozen.
SENTINEL_TIMEOUT = 0.5

_SCHEME = "redis+sentinel://"
# Sentinel allows no other characters in a name. urlsplit can parse neither a list of hosts nor brackets in one.
_FORM = re.compile(
    r"(?:(?P<username>[^:@/?#]*):(?P<password>[^:@/?#]+)@)?"
    r"(?P<hosts>[^@/?#]+)/(?P<name>[\w.-]+)(?:/(?P<db>\d{1,4})?)?(?:\?(?P<query>[^#]*))?",
    re.ASCII,
)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?", re.ASCII)
_QUERY = {"sentinel_username", "sentinel_password"}


@dataclass(frozen=True)
class SentinelAddress:
    """The sentinels, the name of the master that they watch, and the credentials for it and for them."""

    sentinels: tuple[tuple[str, int], ...]
    name: str
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self | None:
        """Parse the address, or return None if it is of another kind.

        Raises ValueError, whose text may hold a password.
        """
        if not url.startswith(_SCHEME):
            return None
        form = _FORM.fullmatch(url.removeprefix(_SCHEME))
        if form is None:
            raise ValueError("not an address of sentinels")
        query = parse_qs(form["query"] or "", keep_blank_values=True, strict_parsing=bool(form["query"]))
        if not query.keys() <= _QUERY:
            raise ValueError("unknown parameter")
        return cls(
            sentinels=tuple(map(_host, form["hosts"].split(","))),
            name=form["name"],
            db=int(form["db"] or 0),
            username=unquote(form["username"] or "") or None,
            password=unquote(form["password"] or "") or None,
            **{name: values[0] for name, values in query.items()},
        )

    def sentinel_options(self, most_seconds: float = SENTINEL_TIMEOUT) -> dict[str, str | float | None]:
        """Return the options with which redis-py and kombu ask a sentinel, with a timeout for each step."""
        timeout = min(most_seconds, SENTINEL_TIMEOUT)
        return {
            "username": self.sentinel_username,
            "password": self.sentinel_password,
            "socket_connect_timeout": timeout,
            "socket_timeout": timeout,
            # Once: redis-py would retry a dead sentinel ten times, with pauses, before it asks the next.
            "retry": None,
        }

    def for_kombu(self) -> str:
        """Write the address in kombu's form: one for each sentinel, with the login and database of the master."""
        login = f"{quote(self.username or '', '')}:{quote(self.password, '')}@" if self.password else ""
        hosts = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.sentinels)
        return ";".join(f"sentinel://{login}{host}/{self.db}" for host in hosts)


def _host(text: str) -> tuple[str, int]:
    match = _HOST.fullmatch(text)
    if match is None or not 0 < int(match[2] or SENTINEL_PORT) < 65536:  # noqa: PLR2004 - the largest port
        raise ValueError("not a host and port")
    return match[1].strip("[]"), int(match[2] or SENTINEL_PORT)
