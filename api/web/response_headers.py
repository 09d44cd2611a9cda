"""The headers of every answer, among them the id that every request gets."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from structlog.contextvars import bind_contextvars

from api.settings import ApiSettings
from shared.log import request_id
from shared.settings.web_address import origin

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

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
REQUEST_ID = "latchkey.request_id"  # Where the request's id stands in its environment.


class AroundRequests:
    """Gives every request its id and every answer its headers.

    A middleware, and no hooks of Flask's: those change headers one by one on an object that checks and copies them all
    again, which took an eighth of the CPU of a request for a link.
    """

    def __init__(self, app: "WSGIApplication", settings: ApiSettings) -> None:
        self._app = app
        self._headers = _headers(_POLICY)
        self._of_paths = {"/docs": _headers(_DOCS_POLICY), "/logo": _headers(_LOGO_POLICY)}
        if elsewhere := origin(settings.logo):  # The logo comes from another server.
            with_logo = _headers(_POLICY.replace("img-src 'self'", f"img-src 'self' {elsewhere}"))
            self._of_paths |= dict.fromkeys(_PAGES, with_logo)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve the request."""
        identity = request_id(environ.get("HTTP_X_REQUEST_ID"))
        environ[REQUEST_ID] = identity
        # Over the id of the thread's last request. Nothing else may be bound here, for nothing is cleared.
        bind_contextvars(request_id=identity)
        ours = [("X-Request-ID", identity), *self._of_paths.get(environ.get("PATH_INFO", ""), self._headers)]

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
            # RFC 6797, 7.2: never over plain http. By now, api/web/forwarded.py has read what our proxies say.
            if environ["wsgi.url_scheme"] == "https":
                ours.append(("Strict-Transport-Security", _HSTS))
            # Ours in the place of Flask's: it writes a Cache-Control for files.
            return start_response(status, [each for each in headers if each[0] not in _HEADERS] + ours, *exc_info)

        return self._app(environ, start)


def _headers(policy: str) -> list[tuple[str, str]]:
    return [*_HEADERS.items(), ("Content-Security-Policy", policy)]
