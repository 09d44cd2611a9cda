"""What our own proxies say of a request: the client's address, and whether it came by https."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.log import get_logger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WARN_INTERVAL = 60  # Seconds.

log = get_logger(__name__)


class Forwarded:
    """Reads what the outermost of our proxies appended to X-Forwarded-For and -Proto, counted from their ends.

    What stands before it is the client's and is not read. werkzeug's ProxyFix reads the whole as a list that may hold
    quotes, and one `"` from the client makes it pass over what the proxies appended.

    Without proxies it reads neither, and logs a warning if X-Forwarded-For is there.
    """

    def __init__(self, app: "WSGIApplication", proxies: int) -> None:
        self._app = app
        self._proxies = proxies
        self._warned_at = -WARN_INTERVAL * 1.0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve the request under the client's address and scheme."""
        if self._proxies:
            if address := self._appended(environ, "HTTP_X_FORWARDED_FOR"):
                environ["REMOTE_ADDR"] = address
            if self._appended(environ, "HTTP_X_FORWARDED_PROTO").lower() == "https":
                environ["wsgi.url_scheme"] = "https"
        elif "HTTP_X_FORWARDED_FOR" in environ and time.monotonic() - self._warned_at >= WARN_INTERVAL:
            self._warned_at = time.monotonic()
            log.warning("forwarded_for_ignored", hint="Set TRUSTED_PROXIES if a proxy of yours stands before the API.")
        return self._app(environ, start_response)

    def _appended(self, environ: "WSGIEnvironment", header: str) -> str:
        """Return what the outermost of our proxies wrote, or nothing where fewer wrote than there should be."""
        entries: list[str] = environ.get(header, "").split(",")
        return entries[-self._proxies].strip() if len(entries) >= self._proxies else ""
