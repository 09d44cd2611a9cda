"""What the demo prints when everything answers: the one address to open, and where the rest is."""

from collections.abc import Mapping

from dev.terminal.look import Look


def welcome(ports: Mapping[str, int], look: Look, *, user: str, password: str) -> str:
    """Write the welcome; user and password are Flower's."""
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
            f"  {look('bold', 'Latchkey is running')}, on this machine only.",
            "",
            f"  Open {look('link', front)} and follow the story.",
            "",
            *(f"  {look('dim', name.ljust(13))}{where}" for name, where in places.items()),
            "",
            f"  {look('dim', 'Ctrl-C stops everything.')}",
            "",
        ]
    )


def front_page(ports: Mapping[str, int]) -> str:
    """Name the one address to open."""
    return _address(ports["INBOX_PORT"])


def _address(port: int) -> str:
    return f"http://localhost:{port}"
