"""What trusted proxies say about a request: the client's address, and whether it came over https."""

import time
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from api.settings.proxies import TrustedProxies
from api.web.clients import MAX_ADDRESS_LENGTH, address_of
from shared.log import get_logger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WARN_INTERVAL = 60  # Seconds.

log = get_logger(__name__)


class Forwarded:
    """Reads what the outermost trusted proxy appended to X-Forwarded-For and -Proto, from their ends.

    The client may have sent everything before that, so it is ignored. werkzeug's ProxyFix parses the header as a list
    with quotes, and one `"` from the client makes it skip what the proxies appended.

    If the request came from no trusted proxy, it reads neither header, and warns of X-Forwarded-For.
    """

    def __init__(self, app: "WSGIApplication", proxies: TrustedProxies) -> None:
        self._app = app
        self._count, self._networks = (proxies, ()) if isinstance(proxies, int) else (0, proxies)
        self._warned_at = -WARN_INTERVAL * 1.0
        # Few addresses are proxies, and each request asks for them.
        self._trusts = lru_cache(maxsize=4096)(self._is_trusted)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve the request with the client's address and scheme."""
        if self._networks:
            self._read_by_network(environ)
        elif self._count:
            self._read_by_count(environ)
        elif "HTTP_X_FORWARDED_FOR" in environ:
            self._warn("forwarded_for_ignored", "Set TRUSTED_PROXIES if your own proxy is in front of the API.")
        return self._app(environ, start_response)

    def _read_by_count(self, environ: "WSGIEnvironment") -> None:
        entries: list[str] = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(entries) < self._count:
            if entries != [""]:
                hint = "TRUSTED_PROXIES is more than the proxies that appended. Correct it, or name their networks."
                self._warn("forwarded_for_short", hint)
        elif address := entries[-self._count].strip():
            environ["REMOTE_ADDR"] = address
        schemes = environ.get("HTTP_X_FORWARDED_PROTO", "").split(",")
        if len(schemes) >= self._count:
            _take_scheme(environ, schemes[-self._count])

    def _read_by_network(self, environ: "WSGIEnvironment") -> None:
        """Take the last address that is no trusted proxy's; the first one if all are."""
        header = environ.get("HTTP_X_FORWARDED_FOR", "")
        entries = header.split(",") if header else []
        client, passed = environ.get("REMOTE_ADDR", ""), 0
        while self._trusts(client):
            passed += 1
            if passed > len(entries):
                break
            client = entries[-passed].strip()
        environ["REMOTE_ADDR"] = client
        if passed:
            schemes = environ.get("HTTP_X_FORWARDED_PROTO", "").split(",")
            # Many proxies pass on the entry of the outermost one and append none.
            _take_scheme(environ, schemes[-min(passed, len(entries) or 1, len(schemes))])
        elif header:
            self._warn("forwarded_for_ignored", "It came from an address that is not among TRUSTED_PROXIES.")

    def _is_trusted(self, text: str) -> bool:
        address = address_of(text) if len(text) <= MAX_ADDRESS_LENGTH else None
        return address is not None and any(address in network for network in self._networks)

    def _warn(self, event: str, hint: str) -> None:
        if time.monotonic() - self._warned_at >= WARN_INTERVAL:
            self._warned_at = time.monotonic()
            log.warning(event, hint=hint)


def _take_scheme(environ: "WSGIEnvironment", scheme: str) -> None:
    if scheme.strip().lower() == "https":
        environ["wsgi.url_scheme"] = "https"
