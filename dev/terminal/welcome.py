"""The message that the demo prints once it is ready."""

from collections.abc import Mapping

from dev.terminal.look import Look


def welcome(ports: Mapping[str, int], look: Look, *, user: str, password: str) -> str:
    """Return the message; user and password are Flower's."""
    front, api = front_page(ports), _address(ports["PORT"])
    places = {
        "Forgot page": f"{api}/forgot-password",
        "Inbox": f"{front}/inbox",
        "API docs": f"{api}/docs",
        "Flower": f"{_address(ports['FLOWER_PORT'])}  user {user}, password {password}",
    }
    return "\n".join(
        [
            "",
            f"  {look('bold', 'Latchkey is running')} and can only be reached from this machine.",
            "",
            f"  Open {look('link', front)} and follow the steps there.",
            "",
            *(f"  {look('dim', name.ljust(13))}{where}" for name, where in places.items()),
            "",
            f"  {look('dim', 'Press Ctrl-C to stop.')}",
            "",
        ]
    )


def front_page(ports: Mapping[str, int]) -> str:
    """Return the URL of the front page."""
    return _address(ports["INBOX_PORT"])


def _address(port: int) -> str:
    return f"http://localhost:{port}"
