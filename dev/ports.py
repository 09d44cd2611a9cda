"""Which ports the demo uses, and whether they are free, told before anything has started."""

import errno
import socket
from collections.abc import Container, Mapping
from itertools import chain

from dev.errors import DemoError

DEFAULT_PORTS = {
    "PORT": 8000,
    "FLOWER_PORT": 5555,
    "INBOX_PORT": 8025,
    "INBOX_SMTP_PORT": 1025,
    "REDIS_PORT": 6399,
}
HIGHEST_PORT = 65535
FIRST_UNPRIVILEGED_PORT = 1024


class PortsRefused(DemoError):
    """Ports that cannot be used, a sentence with its cure for each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def choose_ports(environ: Mapping[str, str], defaults: Mapping[str, int] = DEFAULT_PORTS) -> dict[str, int]:
    """Take each port from the environment, else its default.

    Raises PortsRefused with everything that is wrong: no number, the same one twice, taken.
    """
    given = {name: environ.get(name) or str(default) for name, default in defaults.items()}
    problems = [
        f"{name}={value} is no port. Choose one from 1 to {HIGHEST_PORT}: {name}={defaults[name]} make run"
        for name, value in given.items()
        if not _is_port(value)
    ]
    ports = {name: int(value) for name, value in given.items() if _is_port(value)}
    problems += _given_twice(ports) + taken_ports(ports)
    if problems:
        raise PortsRefused(problems)
    return ports


def taken_ports(ports: Mapping[str, int]) -> list[str]:
    """Describe each port that cannot be listened on, with a free one to use instead."""
    problems = []
    reserved = set(ports.values())
    for name, port in ports.items():
        fault = _binding_fault(port)
        if fault == errno.EADDRINUSE:
            problems.append(f"Port {port} is taken. Free it, or {_instead(name, port, reserved)}")
        elif fault:
            problems.append(f"Port {port} is not for everybody here. You can {_instead(name, port, reserved)}")
    return problems


def _is_port(value: str) -> bool:
    return value.isascii() and value.isdigit() and 1 <= int(value) <= HIGHEST_PORT


def _given_twice(ports: Mapping[str, int]) -> list[str]:
    problems = []
    first_with: dict[int, str] = {}
    reserved = set(ports.values())
    for name, port in ports.items():
        first = first_with.setdefault(port, name)
        if first != name:
            problems.append(f"{first} and {name} are both {port}. You can {_instead(name, port, reserved)}")
    return problems


def _instead(name: str, port: int, reserved: set[int]) -> str:
    free = _next_free(port, reserved)
    reserved.add(free)
    return f"choose another: {name}={free} make run"


def _next_free(port: int, reserved: Container[int]) -> int:
    start = max(port + 1, FIRST_UNPRIVILEGED_PORT)
    candidates = chain(range(start, HIGHEST_PORT + 1), range(FIRST_UNPRIVILEGED_PORT, start))
    return next(number for number in candidates if number not in reserved and not _binding_fault(number))


def _binding_fault(port: int) -> int:
    """Return the error number of binding to the port, 0 if it is free.

    Both loopback addresses are tried: `localhost` may mean either, so a browser could reach another program.
    """
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as listener:
                # Connections of an earlier run that linger in TIME_WAIT do not make a port taken.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
        except OSError as error:
            if family == socket.AF_INET or error.errno == errno.EADDRINUSE:
                return error.errno or errno.EADDRINUSE
    return 0
