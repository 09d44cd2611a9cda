"""Collects everything that a browser complains about while a test uses the pages."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

# The console shows only some kinds of policy violations, so log all of them.
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`Blocked by the policy: ${event.effectiveDirective} ${event.blockedURI}`))"""
# The browser logs each error status as an error, but the pages expect them and show them to the user.
_REFUSED = "Failed to load resource: the server responded with a status of"
# A request ends this way if the user leaves the page first.
_LEFT = "net::ERR_ABORTED"
_OURS = {"localhost", "127.0.0.1"}


class Complaints:
    """Records script errors, policy violations, failed requests and requests to other hosts."""

    def __init__(self) -> None:
        self._heard: list[str] = []
        self._forgiven: list[str] = []

    def listen(self, context: BrowserContext) -> None:
        """Listen to all pages of a context, including new tabs that links open."""
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("weberror", lambda error: self._heard.append(f"Script error: {error.error}"))
        context.on("console", self._console)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def forgive(self, *words: str) -> None:
        """Ignore complaints that contain one of these words, because the test causes them."""
        self._forgiven += words

    def all(self) -> list[str]:
        """List the complaints that were not forgiven."""
        return [text for text in self._heard if not any(words in text for words in self._forgiven)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_REFUSED):
            self._heard.append(f"Console: {message.text}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in _OURS:
            self._heard.append(f"Asked elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self._heard.append(f"Failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "fetch":
            self._heard.append(f"Answered: {response.url} {response.status}")
