"""Calls from pages of other origins (CORS): the headers that they may send and read."""

import re

from flask import Flask
from flask_cors import CORS

# What a page's own code needs, and what tracing, monitoring and HTTP libraries add to every call of a page. The API
# reads none of the latter.
_TAKEN = (
    *("Content-Type", "X-Request-ID", "X-Requested-With"),
    *("traceparent", "tracestate", "baggage"),  # W3C, OpenTelemetry.
    *("sentry-trace", "b3", "newrelic", "X-Cloud-Trace-Context", "X-Amzn-Trace-Id", "X-Correlation-ID"),
    *("uber-trace-id", "elastic-apm-traceparent", "Request-Id", "Request-Context"),  # Jaeger, Elastic, Azure.
)
_TAKEN_FAMILIES = [re.compile(start + r"[a-z0-9-]+\Z", re.IGNORECASE) for start in ("x-b3-", "x-datadog-")]


def register_cors(app: Flask, origins: tuple[str, ...], headers: tuple[str, ...]) -> None:
    """Let pages of these origins call the API and send these headers, besides those that are always taken."""
    if not origins:
        return
    CORS(
        app,
        # Escaped patterns: Flask-CORS takes an origin with brackets, such as an IPv6 address, for a pattern.
        origins=[re.compile(re.escape(origin) + r"\Z") for origin in origins],
        methods=["GET", "POST"],
        allow_headers=[*_TAKEN, *headers, *_TAKEN_FAMILIES],
        expose_headers=["Retry-After", "X-Request-ID"],
    )
