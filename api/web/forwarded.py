"""The client's address behind proxies of ours."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ForwardedFor:
    """Takes the address that the outermost of our proxies appended to X-Forwarded-For, counted from its end.

    What stands before it is the client's and is not read. werkzeug's ProxyFix reads the whole as a list that may hold
    quotes, and one `"` from the client makes it pass over what the proxies appended.
    """

    def __init__(self, app: "WSGIApplication", proxies: int) -> None:
        self._app = app
        self._proxies = proxies

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve the request under the client's address."""
        entries = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(entries) >= self._proxies and (address := entries[-self._proxies].strip()):
            environ["REMOTE_ADDR"] = address
        return self._app(environ, start_response)
