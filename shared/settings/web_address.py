"""Web addresses that lead where they seem to: https, or http on this machine, and a plain host name."""

import re
from urllib.parse import SplitResult, urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "::1"}  # Hosts that may be used without TLS.
# RFC 3986, 2. Browsers read other characters in their own ways: a backslash as a slash, some letters as others.
_WEB_ADDRESS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+")


def split_address(value: str) -> SplitResult:
    """Split a web address into its parts.

    Raises ValueError, whose text is read after the name of the setting.
    """
    try:
        parts = urlsplit(value)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        host = None
    if not host or not _WEB_ADDRESS.fullmatch(value):
        raise ValueError("is not a web address, or holds characters that must be percent-encoded")
    wrong = {
        "is not https": parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK),
        "holds a user name": "@" in parts.netloc,
        "names a host in a form that is not plain (an international name begins with xn--)": not _HOST.fullmatch(host),
    }
    if complaint := next((complaint for complaint, applies in wrong.items() if applies), ""):
        raise ValueError(complaint)
    return parts


def web_address(value: str) -> str:
    """Return a web address if it is valid or empty.

    Raises ValueError.
    """
    if value:
        split_address(value)
    return value


def origin(address: str) -> str:
    """Return a web address's origin for Content-Security-Policy, or an empty string if it has none."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rstrip(':')}" if parts.netloc else ""
