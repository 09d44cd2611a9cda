"""The address of a SQLite, which is a file."""

import re
from urllib.parse import quote, unquote

from shared.settings.database.parameters import NOT_AN_ADDRESS, Parsed

_MEMORY = re.compile(r":memory:|[?&]mode=memory|vfs=memdb")
_IN_MEMORY = "names a SQLite database in memory, which API and worker cannot share"
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
# SQLite's own parameters (https://sqlite.org/uri.html), and those of Python's driver, which Latchkey sets itself.
_SQLITE = {"mode", "cache", "immutable", "nolock", "psow", "vfs"}
_SQLITE_DRIVER = {"uri", "timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements"}


def parse_sqlite(base: str, parameters: dict[str, str]) -> Parsed:
    """Parse what follows the scheme.

    Raises ValueError, whose text names what is wrong.
    """
    if not base.startswith("/"):  # The part before the third slash would be a host.
        raise ValueError(NOT_AN_ADDRESS if base else _IN_MEMORY)
    path = unquote(base[1:])
    path = path[len("file:") :] if path.lower().startswith("file:") else path
    kept = {name: value for name, value in parameters.items() if name in _SQLITE}
    if _is_in_memory(path, kept):
        raise ValueError(_IN_MEMORY)
    if unknown := parameters.keys() - _SQLITE - _SQLITE_DRIVER:
        raise ValueError(f"has the parameter {min(unknown)}, which SQLite does not know")
    if not _NUMBER.fullmatch(parameters.get("timeout", "0")):
        raise ValueError(NOT_AN_ADDRESS)
    ignored = tuple(name for name in parameters if name in _SQLITE_DRIVER - {"uri"})
    if not kept:
        return Parsed(f"sqlite:///{quote(path)}", "", ignored)
    # The path is decoded twice: by SQLAlchemy and by SQLite.
    options = "&".join(f"{name}={quote(value)}" for name, value in kept.items())
    return Parsed(f"sqlite:///file:{quote(quote(path))}?{options}&uri=true", "", ignored)


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
