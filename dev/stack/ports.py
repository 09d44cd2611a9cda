"""Chooses the demo's ports, and checks that they are free before anything starts."""

import errno
import socket
from collections.abc import Container, Mapping
from itertools import chain

from dev.errors import DemoError
from dev.terminal.command_line import start_with

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
    """Some ports cannot be used; the message names each fault, and the command line with `others` that avoids all."""

    def __init__(self, faults: str, environ: Mapping[str, str], others: Mapping[str, int]) -> None:
        choose = "another" if len(others) == 1 else "others"
        super().__init__(f"{faults} Choose {choose}: {start_with(environ, **others)}")
        self.others = others


def choose_ports(environ: Mapping[str, str], defaults: Mapping[str, int] = DEFAULT_PORTS) -> dict[str, int]:
    """Return each port from the environment, or else its default.

    Raises PortsRefused with every port that is invalid, used twice, or taken.
    """
    given = {name: environ.get(name) or str(default) for name, default in defaults.items()}
    ports = {name: int(value) for name, value in given.items() if _is_port(value)}
    unreadable = [name for name in given if name not in ports]
    twice = _given_twice(ports)
    faults = {name: fault for name, port in ports.items() if name not in twice and (fault := _binding_fault(port))}
    bad = [*unreadable, *twice, *faults]
    if not bad:
        return ports
    sentences = [f"{name}={given[name]} is not a port number from 1 to {HIGHEST_PORT}." for name in unreadable]
    sentences += [f"{first} and {name} are both set to {ports[name]}." for name, first in twice.items()]
    sentences += _taken(ports, faults)
    others = _instead({name: ports.get(name, defaults[name]) for name in bad}, ports)
    raise PortsRefused(" ".join(sentences), environ, others)


def other_ports(environ: Mapping[str, str], defaults: Mapping[str, int] = DEFAULT_PORTS) -> Mapping[str, int]:
    """Suggest free ports in place of those that cannot be used."""
    try:
        choose_ports(environ, defaults)
    except PortsRefused as refused:
        return refused.others
    return {}


def taken_ports(ports: Mapping[str, int]) -> list[str]:
    """List the names of the ports that cannot be bound."""
    return [name for name, port in ports.items() if _binding_fault(port)]


def _is_port(value: str) -> bool:
    return value.isascii() and value.isdigit() and 1 <= int(value) <= HIGHEST_PORT


def _given_twice(ports: Mapping[str, int]) -> dict[str, str]:
    """Map each name whose port is already used by an earlier name to that earlier name."""
    first_with: dict[int, str] = {}
    return {name: first for name, port in ports.items() if (first := first_with.setdefault(port, name)) != name}


def _taken(ports: Mapping[str, int], faults: Mapping[str, int]) -> list[str]:
    taken = [str(ports[name]) for name, fault in faults.items() if fault == errno.EADDRINUSE]
    sentences = [f"No permission to use port {ports[name]}." for name in faults if faults[name] != errno.EADDRINUSE]
    if len(taken) == 1:
        return [*sentences, f"Port {taken[0]} is taken."]
    return [*sentences, f"Ports {', '.join(taken[:-1])} and {taken[-1]} are taken."] if taken else sentences


def _instead(bad: Mapping[str, int], ports: Mapping[str, int]) -> dict[str, int]:
    """Find a different free port for each."""
    reserved = set(ports.values())
    found = {}
    for name, port in bad.items():
        found[name] = _next_free(port, reserved)
        reserved.add(found[name])
    return found


def _next_free(port: int, reserved: Container[int]) -> int:
    start = max(port + 1, FIRST_UNPRIVILEGED_PORT)
    candidates = chain(range(start, HIGHEST_PORT + 1), range(FIRST_UNPRIVILEGED_PORT, start))
    return next(number for number in candidates if number not in reserved and not _binding_fault(number))


def _binding_fault(port: int) -> int:
    """Return the errno of binding to the port, or 0 if it is free.

    Both loopback addresses are tried: `localhost` may resolve to either, so a browser could reach another program.
    """
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as listener:
                # Connections from an earlier run that linger in TIME_WAIT do not block a port.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
        except OSError as error:
            if family == socket.AF_INET or error.errno == errno.EADDRINUSE:
                return error.errno or errno.EADDRINUSE
    return 0
