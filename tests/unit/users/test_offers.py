"""What an account is offered by what stands in its password column."""

import pytest

from shared.settings.users_table import WithoutPassword
from shared.users.user import Offer, User

HASH = "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
FIRST: dict[WithoutPassword, Offer] = {"silent": "", "tell": "sign_in", "set": "first_password"}
modes = pytest.mark.parametrize("mode", FIRST)


def user(password_hash: str, address: str = "anna@example.com", *, active: bool = True) -> User:
    return User("1", address, password_hash, active=active)


@modes
@pytest.mark.parametrize("stored", [HASH, "pbkdf2_sha256$1000$salt$hash", "x", "0"])
def test_an_account_with_a_password_gets_a_link(mode: WithoutPassword, stored: str) -> None:
    assert user(stored).offer(mode) == "reset"


@modes
@pytest.mark.parametrize("stored", ["", " ", " " * 60, "!", "*", "! ", "!" + "aB3" * 13 + "x"])
def test_an_account_without_a_usable_one_gets_what_the_setting_says(mode: WithoutPassword, stored: str) -> None:
    assert user(stored).offer(mode) == FIRST[mode]


LOCKED = [
    *(f"!{HASH}", f"*{HASH}", f"!!{HASH}", "!bcrypt" + HASH, "!0123abcd:4567ef", f" !{HASH}", f"!{HASH} "),
    # MD5, SHA-1, SHA-512, LDAP, crypt(3), MySQL's PASSWORD(); and words.
    *("!5f4dcc3b5aa765d61d8327deb882cf99", "!" + "5BAA61E4" * 5, "!" + "5baa61e4" * 5, "!" + "0a" * 64),
    *("!{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "!aXvT9tq.3f2wE", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"),
    *("!!", "*LK*", "*NP*", "!unusable", "!" + "x" * 39, "!" + "x" * 41, "**"),
]


@modes
@pytest.mark.parametrize("stored", LOCKED)
def test_an_account_whose_hash_is_locked_gets_nothing(mode: WithoutPassword, stored: str) -> None:
    assert user(stored).offer(mode) == ""


@modes
@pytest.mark.parametrize("stored", [HASH, ""])
def test_an_account_outside_the_filter_or_without_a_plain_address_gets_nothing(
    mode: WithoutPassword, stored: str
) -> None:
    assert user(stored, active=False).offer(mode) == ""
    assert user(stored, "anna@example.com, eve@example.com").offer(mode) == ""
