"""Calls from pages of other origins (CORS): which origins may call, and which headers they may send."""

import re
from difflib import get_close_matches

from flask import Flask
from flask_cors import CORS

# What a browser sends in `Origin` (RFC 6454, 7): a scheme, a host and a port. Apps and extensions have schemes of their
# own: capacitor://localhost, app://-, chrome-extension://ID.
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)
_WEB = {"http": ":80", "https": ":443"}  # Browsers leave these ports out.
_NEVER_SENT = {"about", "blob", "data", "file", "ftp", "javascript", "ws", "wss"}
_NULL = "holds `null`, which any site can send: a sandboxed frame has no other origin"
_FIELD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# What a page's own code needs, and what tracing, monitoring and HTTP libraries add to every call of a page. The API
# reads none of the latter.
_TAKEN = [
    *("Content-Type", "X-Request-ID", "X-Requested-With"),
    *("traceparent", "tracestate", "baggage"),  # W3C, OpenTelemetry.
    *("sentry-trace", "b3", "newrelic", "X-Cloud-Trace-Context", "X-Amzn-Trace-Id", "X-Correlation-ID"),
    *("uber-trace-id", "elastic-apm-traceparent", "Request-Id", "Request-Context"),  # Jaeger, Elastic, Azure.
]
_TAKEN_FAMILIES = ("X-B3-", "X-Datadog-")


def checked_origins(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the origins as browsers send them.

    Raises ValueError, whose text is read after the name of the setting.
    """
    return tuple(map(_checked_origin, values))


def checked_header_names(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of headers if they are valid.

    Raises ValueError.
    """
    if not all(_FIELD_NAME.fullmatch(value) for value in values):
        raise ValueError("holds something that is not the name of a header (no `*`)")
    return values


def register_cors(app: Flask, origins: tuple[str, ...], headers: tuple[str, ...]) -> None:
    """Let pages of these origins call the API and send these headers, besides those that are always taken."""
    if not origins:
        return
    families = [re.compile(re.escape(start) + r"[a-z0-9-]+\Z", re.IGNORECASE) for start in _TAKEN_FAMILIES]
    CORS(
        app,
        # Patterns, because Flask-CORS takes an origin with brackets, such as an IPv6 address, for one.
        origins=[_whole(origin) for origin in origins],
        methods=["GET", "POST"],
        allow_headers=[*map(_whole, (*_TAKEN, *headers)), *families],
        expose_headers=["Retry-After", "X-Request-ID"],
    )


def _checked_origin(value: str) -> str:
    if value.lower() == "null":
        raise ValueError(_NULL)
    found = _ORIGIN.fullmatch(value)
    scheme = found[1].lower() if found else ""
    misspelt = scheme not in _WEB and get_close_matches(scheme, _WEB)
    if not scheme or misspelt or scheme in _NEVER_SENT:
        raise ValueError("holds something that is not an origin (scheme, host and port, no path and no `*`)")
    return value.removesuffix(_WEB.get(scheme, ""))


def _whole(text: str) -> re.Pattern[str]:
    """Match exactly this text, in any case."""
    return re.compile(re.escape(text) + r"\Z", re.IGNORECASE | re.ASCII)
