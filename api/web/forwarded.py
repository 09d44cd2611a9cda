"""What trusted proxies say about a request: the client's address, and whether it came over https."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.log import get_logger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WARN_INTERVAL = 60  # Seconds.

log = get_logger(__name__)


class Forwarded:
    """Reads what the outermost trusted proxy appended to X-Forwarded-For and -Proto, counted from their ends.

    The client may have sent everything before that, so it is ignored. werkzeug's ProxyFix parses the header as a list
    with quotes, and one `"` from the client makes it skip what the proxies appended.

    If no proxies are trusted, it reads neither header, and logs a warning if X-Forwarded-For is present.
    """

    def __init__(self, app: "WSGIApplication", proxies: int) -> None:
        self._app = app
        self._proxies = proxies
        self._warned_at = -WARN_INTERVAL * 1.0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve the request with the client's address and scheme."""
        if self._proxies:
            if address := self._appended(environ, "HTTP_X_FORWARDED_FOR"):
                environ["REMOTE_ADDR"] = address
            if self._appended(environ, "HTTP_X_FORWARDED_PROTO").lower() == "https":
                environ["wsgi.url_scheme"] = "https"
        elif "HTTP_X_FORWARDED_FOR" in environ and time.monotonic() - self._warned_at >= WARN_INTERVAL:
            self._warned_at = time.monotonic()
            log.warning("forwarded_for_ignored", hint="Set TRUSTED_PROXIES if your own proxy is in front of the API.")
        return self._app(environ, start_response)

    def _appended(self, environ: "WSGIEnvironment", header: str) -> str:
        """Return the outermost trusted proxy's entry, or an empty string if there are fewer entries than proxies."""
        entries: list[str] = environ.get(header, "").split(",")
        return entries[-self._proxies].strip() if len(entries) >= self._proxies else ""
