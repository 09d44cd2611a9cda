"""Origins of pages that may call the API, and names of headers, as the settings hold them."""

import re
from difflib import get_close_matches

# What a browser sends in `Origin` (RFC 6454, 7): a scheme, a host and a port. Apps and extensions have schemes of their
# own: capacitor://localhost, app://-, chrome-extension://ID.
_ORIGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_WEB = {"http": ":80", "https": ":443"}  # Browsers leave these ports out.
_NEVER_SENT = {"about", "blob", "data", "file", "ftp", "javascript", "ws", "wss"}
_FIELD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def checked_origins(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the origins as browsers send them.

    Raises ValueError, whose text is read after the name of the setting.
    """
    return tuple(map(_checked_origin, values))


def checked_header_names(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of headers unchanged if they are valid.

    Raises ValueError.
    """
    if not all(_FIELD_NAME.fullmatch(value) for value in values):
        raise ValueError("holds something that is not the name of a header (no `*`)")
    return values


def _checked_origin(value: str) -> str:
    if value.lower() == "null":
        raise ValueError("holds `null`, which any site can send: a sandboxed frame has no other origin")
    found = _ORIGIN.fullmatch(value)
    scheme = found[1].lower() if found else ""
    misspelt = scheme not in _WEB and get_close_matches(scheme, _WEB)
    if not scheme or misspelt or scheme in _NEVER_SENT:
        raise ValueError("holds something that is not an origin (scheme, host and port, no path and no `*`)")
    # Browsers change the host of a web address to lower case, and leave that of an unknown scheme as it is.
    return value.lower().removesuffix(_WEB[scheme]) if scheme in _WEB else value
