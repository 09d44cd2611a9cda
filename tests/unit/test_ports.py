import socket
from collections.abc import Iterator

import pytest

from dev.ports import DEFAULT_PORTS, PortsRefused, choose_ports, taken_ports
from tests.servers import free_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def refusals(environ: dict[str, str], **defaults: int) -> list[str]:
    with pytest.raises(PortsRefused) as refused:
        choose_ports(environ, defaults)
    return refused.value.problems


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
    [sentence] = taken_ports({"PORT": taken_port})

    start, _, instead = sentence.partition("choose another: PORT=")
    assert start == f"Port {taken_port} is taken. Free it, or "
    number, _, command = instead.partition(" ")
    assert command == "make run"
    assert taken_ports({"PORT": int(number)}) == []


def test_the_port_to_use_instead_is_none_of_the_others(taken_port: int) -> None:
    [sentence] = taken_ports({"PORT": taken_port, "OTHER": taken_port + 1})[:1]

    assert f"PORT={taken_port + 1} " not in sentence


def test_a_port_that_is_taken_on_ipv6_loopback_only_is_taken() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("This machine has no IPv6 loopback.")
    with listener:
        port = listener.getsockname()[1]

        assert len(taken_ports({"PORT": port})) == 1


def test_a_port_is_free_again_while_its_old_connections_linger() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        served, _ = listener.accept()
        served.close()
        client.close()

    assert taken_ports({"PORT": port}) == []


@pytest.mark.parametrize("value", ["0", "65536", "-1", "80x", "8_000", "\uff18", "1.5", " "])
def test_what_is_no_port_is_refused(value: str) -> None:
    assert refusals({"PORT": value}, PORT=8000) == [
        f"PORT={value} is no port. Choose one from 1 to 65535: PORT=8000 make run"
    ]


def test_the_same_port_twice_is_refused() -> None:
    port = free_port()

    [sentence] = refusals({"PORT": str(port), "INBOX_PORT": str(port)}, PORT=1, INBOX_PORT=1)

    assert sentence.startswith(f"PORT and INBOX_PORT are both {port}. You can choose another: INBOX_PORT=")


def test_everything_that_is_wrong_is_told_at_once(taken_port: int) -> None:
    sentences = refusals({"PORT": "x", "INBOX_PORT": str(taken_port)}, PORT=8000, INBOX_PORT=1)

    assert len(sentences) == 2
