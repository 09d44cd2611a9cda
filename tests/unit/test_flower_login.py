"""Guesses before Flower's log-in are counted for each client, for a minute."""

from worker.flower_login import INTERVAL, MAX_CLIENTS, MAX_GUESSES, Guesses


class Clock:
    """A clock that the test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def guess(guesses: Guesses, *addresses: str) -> None:
    for address in addresses:
        guesses.add(address)


def test_a_client_waits_after_ten_wrong_passwords_and_others_do_not() -> None:
    clock = Clock()
    guesses = Guesses(clock)

    guess(guesses, *["192.0.2.1"] * (MAX_GUESSES - 1))
    assert guesses.seconds_to_wait("192.0.2.1") == 0
    guess(guesses, "192.0.2.1")
    clock.now += 20

    assert 39 <= guesses.seconds_to_wait("192.0.2.1") <= 41
    assert guesses.seconds_to_wait("::ffff:192.0.2.1") > 0
    assert guesses.seconds_to_wait("192.0.2.2") == 0
    clock.now += INTERVAL
    assert guesses.seconds_to_wait("192.0.2.1") == 0


def test_an_ipv6_network_is_one_client() -> None:
    guesses = Guesses()

    guess(guesses, *(f"2001:db8::{number:x}" for number in range(MAX_GUESSES)))

    assert guesses.seconds_to_wait("2001:db8::ffff:1%eth0") > 0
    assert guesses.seconds_to_wait("2001:db8:0:1::1") == 0


def test_no_flood_of_clients_fills_the_memory() -> None:
    guesses = Guesses()

    guess(guesses, *(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(MAX_CLIENTS + 100)))

    assert len(guesses._counts) == MAX_CLIENTS
