"""The headers of every answer, including the id that every request gets, and a bound on those of the request."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Response, request
from structlog.contextvars import bind_contextvars

from api.settings.settings import ApiSettings
from shared.log import request_id
from shared.settings.web_address import origin

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Scripts and styles come only from this server; no frames, and nothing is sent elsewhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# An SVG that is opened directly is a document: it may use its own styles and pictures, but runs nothing.
_LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
_HTML = ("Content-Type", "text/html; charset=utf-8")
_HEADERS = {
    # The window that opened a page must not load another link into it while a password is typed.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_REPLACED = {"Cache-Control", *_HEADERS}
# A year (OWASP ASVS 5.0, 3.4.1). Without subdomains: on a shared host, those of others may use plain http.
_HSTS = "max-age=31536000"
# For what never changes under its address (RFC 8246). Everything else is `no-store`.
_KEEP = "public, max-age=31536000, immutable"
_KEPT = "latchkey.kept"  # The key of the WSGI environment that is set for such an answer.
# Characters and items that are read of headers whose parsers are slow: 30,000 characters took 2 to 125 ms. Browsers
# send about 150 characters and 8 items; with all that tracing adds, they ask for 15 headers.
MAX_READ, MAX_ITEMS = 512, 20
_SLOW = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "HTTP_HOST", "CONTENT_TYPE")
# Characters of a path and of a query: the libraries quote and unquote them one by one. No address of ours is as long.
MAX_LENGTHS = {"PATH_INFO": 512, "QUERY_STRING": 2048}
REQUEST_ID = "latchkey.request_id"  # The key of the request's id in its WSGI environment.


class AroundRequests:
    """Gives every request its id and every answer its headers, and cuts long headers of requests.

    This is middleware and not hooks of Flask: those set headers one by one on an object that checks and copies all of
    them each time, which took an eighth of the CPU of a request for a link.
    """

    def __init__(self, app: "WSGIApplication", settings: ApiSettings) -> None:
        self._app = app
        # The logo may come from another server. Pages show it, and nothing else does.
        pictures = f"img-src 'self' {origin(settings.logo)}".rstrip()
        self._of_pages = _headers(_POLICY.replace("img-src 'self'", pictures))
        self._headers = _headers(_POLICY)
        self._of_paths = {"/logo": _headers(_LOGO_POLICY)}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve the request."""
        identity = request_id(environ.get("HTTP_X_REQUEST_ID"))
        environ[REQUEST_ID] = identity
        for name, longest in MAX_LENGTHS.items():
            environ[name] = environ.get(name, "")[:longest]
        for name in _SLOW:
            if name in environ:
                environ[name] = ",".join(environ[name][:MAX_READ].split(",", MAX_ITEMS)[:MAX_ITEMS])
        # Replaces the id of the thread's last request. Nothing else may be bound here, because nothing is cleared.
        bind_contextvars(request_id=identity)
        of_path = self._of_paths.get(environ.get("PATH_INFO", ""))

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
            ours = of_path or (self._of_pages if _HTML in headers else self._headers)
            added = [("X-Request-ID", identity), ("Cache-Control", _KEEP if _KEPT in environ else "no-store"), *ours]
            # Never over plain http (RFC 6797, 7.2). api/web/forwarded.py has already set the scheme.
            if environ["wsgi.url_scheme"] == "https":
                added.append(("Strict-Transport-Security", _HSTS))
            # These replace Flask's own: it adds a Cache-Control to files.
            return start_response(status, [each for each in headers if each[0] not in _REPLACED] + added, *exc_info)

        return self._app(environ, start)


def keep_for_a_year(answer: Response) -> Response:
    """Let browsers and proxies keep an answer whose address will never have another content."""
    request.environ[_KEPT] = True
    return answer


def _headers(policy: str) -> list[tuple[str, str]]:
    return [*_HEADERS.items(), ("Content-Security-Policy", policy)]
