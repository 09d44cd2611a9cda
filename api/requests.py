"""What happens around every request: its id, who asks, and the headers of every answer."""

import time

from flask import Flask, Response, current_app, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from api.clients import client_key, client_network
from api.language import request_language
from api.requester import Requester
from api.settings import ApiSettings
from api.user_agents import recognise
from shared.log import get_logger, request_id
from shared.web_address import origin

# Scripts and styles from this server alone, no frames, nothing sent elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# RapiDoc, the component that shows the API's documentation, writes its styles into the page.
_DOCS_POLICY = _POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
# An SVG that is opened by itself is a document, which may bring styles and hold pictures, and runs nothing.
_LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
_PAGES = ("/forgot-password", "/reset-password")
_HEADERS = {
    "Cache-Control": "no-store",
    # A window that opened a page must not bring it another link while a password is typed.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# A year (OWASP ASVS 5.0, 3.4.1). Not for subdomains: those of a host that others share may speak plain http.
_HSTS = "max-age=31536000"
WARN_EVERY = 60  # Seconds.

log = get_logger(__name__)


def register_hooks(app: Flask, settings: ApiSettings) -> None:
    """Give every request its id and every answer its headers."""
    warned_at = -WARN_EVERY * 1.0
    proxies = settings.trusted_proxies
    policies = policies_by_path(settings.logo)

    @app.before_request
    def identify() -> None:
        nonlocal warned_at
        g.request_id = request_id(request.environ.get("HTTP_X_REQUEST_ID"))
        clear_contextvars()
        bind_contextvars(request_id=g.request_id)
        forwarded = not proxies and "HTTP_X_FORWARDED_FOR" in request.environ
        if forwarded and time.monotonic() - warned_at >= WARN_EVERY:
            warned_at = time.monotonic()
            log.warning("forwarded_for_ignored", cure="Set TRUSTED_PROXIES if a proxy of yours stands before the API.")

    @app.after_request
    def complete(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-ID"] = g.request_id
        for name, value in _HEADERS.items():
            headers[name] = value
        headers["Content-Security-Policy"] = policies.get(request.path, _POLICY)
        # RFC 6797, 7.2: never over plain http.
        if proxies and came_by_https(request.environ.get("HTTP_X_FORWARDED_PROTO", ""), proxies):
            headers["Strict-Transport-Security"] = _HSTS
        return response


def requester() -> Requester:
    """Tell who sends this request, as far as a job may say it: no more than the mail will."""
    if not current_app.config["MAIL_SHOW_REQUEST"]:
        return Requester(g.request_id, request_language())
    browser, system = recognise(request.environ.get("HTTP_USER_AGENT", ""))
    return Requester(g.request_id, request_language(), client_network(g.get("client") or client_key()), browser, system)


def policies_by_path(logo: str) -> dict[str, str]:
    """Name the paths with a policy of their own; the pages have one where their logo comes from another server."""
    found = {"/docs": _DOCS_POLICY, "/logo": _LOGO_POLICY}
    if elsewhere := origin(logo):
        found |= dict.fromkeys(_PAGES, _POLICY.replace("img-src 'self'", f"img-src 'self' {elsewhere}"))
    return found


def came_by_https(forwarded: str, proxies: int) -> bool:
    """Tell whether the outermost trusted proxy was asked by https; what stands before its word is the client's."""
    hops = forwarded.split(",")
    return len(hops) >= proxies and hops[-proxies].strip().lower() == "https"
