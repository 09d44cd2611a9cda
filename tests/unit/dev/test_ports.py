import re
import socket
from collections.abc import Iterator

import pytest

from dev.stack.ports import DEFAULT_PORTS, PortsRefused, choose_ports, taken_ports
from tests.support.servers import free_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def refusal(environ: dict[str, str], **defaults: int) -> str:
    with pytest.raises(PortsRefused) as refused:
        choose_ports(environ, defaults)
    return str(refused.value)


def proposed(text: str) -> dict[str, str]:
    """Return the settings in the command line at the end of a message."""
    assert text.endswith(" make run")
    return dict(re.findall(r"(\w+)=(\S+) (?=.*make run)", text.rpartition(": ")[2]))


def test_the_ports_are_the_documented_ones() -> None:
    assert DEFAULT_PORTS == {
        "PORT": 8000,
        "FLOWER_PORT": 5555,
        "INBOX_PORT": 8025,
        "INBOX_SMTP_PORT": 1025,
        "REDIS_PORT": 6399,
    }


def test_the_environment_goes_before_the_default() -> None:
    port, other = free_port(), free_port()

    assert choose_ports({"PORT": str(port)}, {"PORT": 1, "OTHER": other}) == {"PORT": port, "OTHER": other}


def test_an_empty_variable_means_the_default() -> None:
    port = free_port()

    assert choose_ports({"PORT": ""}, {"PORT": port}) == {"PORT": port}


def test_a_taken_port_is_named_with_a_free_one_to_use_instead(taken_port: int) -> None:
    text = refusal({}, PORT=taken_port)

    assert text.startswith(f"Port {taken_port} is taken. Choose another: PORT=")
    assert taken_ports({"PORT": int(proposed(text)["PORT"])}) == []


def test_the_proposed_port_is_not_one_of_the_others(taken_port: int) -> None:
    assert proposed(refusal({}, PORT=taken_port, REDIS_PORT=taken_port + 1))["PORT"] != str(taken_port + 1)


def test_one_command_line_fixes_all_ports(taken_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = listener.getsockname()[1]
        text = refusal({"REDIS_PORT": "x"}, PORT=taken_port, INBOX_PORT=other, REDIS_PORT=free_port())
        chosen = choose_ports(proposed(text), dict.fromkeys(proposed(text), 1))

    assert text.startswith("REDIS_PORT=x is not a port number from 1 to 65535. ")
    assert f"Ports {taken_port} and {other} are taken. Choose others: PORT=" in text
    assert sorted(chosen) == ["INBOX_PORT", "PORT", "REDIS_PORT"]


def test_earlier_choices_stay_in_the_command_line(taken_port: int) -> None:
    port, before = free_port(), {"LATCHKEY_HOME": "/home/ada/my demo", "PATH": "/bin"}

    text = refusal({**before, "PORT": str(port)}, PORT=8000, INBOX_PORT=taken_port)

    assert re.search(rf": LATCHKEY_HOME='/home/ada/my demo' PORT={port} INBOX_PORT=\d+ make run$", text)


def test_a_port_that_is_taken_on_ipv6_loopback_only_is_taken() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("This machine has no IPv6 loopback.")
    with listener:
        port = listener.getsockname()[1]

        assert taken_ports({"PORT": port}) == ["PORT"]


def test_a_port_is_free_again_while_its_old_connections_linger() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        served, _ = listener.accept()
        served.close()
        client.close()

    assert taken_ports({"PORT": port}) == []


@pytest.mark.parametrize("value", ["0", "65536", "-1", "80x", "8_000", "\uff18", "1.5", " "])
def test_a_value_that_is_not_a_port_is_refused(value: str) -> None:
    text = refusal({"PORT": value}, PORT=free_port())

    assert text.startswith(f"PORT={value} is not a port number from 1 to 65535. Choose another: PORT=")


def test_the_same_port_twice_is_refused() -> None:
    port = free_port()

    text = refusal({"PORT": str(port), "INBOX_PORT": str(port)}, PORT=1, INBOX_PORT=1)

    assert text.startswith(f"PORT and INBOX_PORT are both set to {port}. Choose another: PORT={port} INBOX_PORT=")
    assert proposed(text)["INBOX_PORT"] != str(port)


def test_a_port_given_twice_and_taken_gets_a_free_one_for_each(taken_port: int) -> None:
    text = refusal({"INBOX_PORT": str(taken_port)}, PORT=taken_port, INBOX_PORT=1)

    assert choose_ports(proposed(text), {"PORT": 1, "INBOX_PORT": 1})
