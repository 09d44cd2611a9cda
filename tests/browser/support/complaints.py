"""Whatever a browser complains about while somebody uses the pages."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

# The browser tells of a blocked script or style in the console as well, but not of every kind.
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`Blocked by the policy: ${event.effectiveDirective} ${event.blockedURI}`))"""
# The pages ask the API by fetch and show what it refuses; the browser notes each refusal as an error.
_REFUSED = "Failed to load resource: the server responded with a status of"
# So a request ends that somebody does not wait for.
_LEFT = "net::ERR_ABORTED"
_OURS = {"localhost", "127.0.0.1"}


class Complaints:
    """Listens to browser contexts: script errors, policy violations, failed requests, and requests elsewhere."""

    def __init__(self) -> None:
        self._heard: list[str] = []
        self._forgiven: list[str] = []

    def listen(self, context: BrowserContext) -> None:
        """Hear all pages of a context, also those that links open in new tabs."""
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("weberror", lambda error: self._heard.append(f"Script error: {error.error}"))
        context.on("console", self._console)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def forgive(self, *words: str) -> None:
        """Pass over complaints that hold one of these, because the test is about them."""
        self._forgiven += words

    def all(self) -> list[str]:
        """List what was heard and not forgiven."""
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
