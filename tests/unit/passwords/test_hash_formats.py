import shutil
import subprocess
from typing import get_args

import bcrypt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import check_password

from api.passwords.hashing import MAX_ROUNDS, Passwords, encode, flaw, is_hash_of
from api.passwords.policy import WeakPassword
from shared.settings.settings import HashFormat

ROUNDS = 4
FORMATS = get_args(HashFormat)
PASSWORD = "correct horse — batterie d'agrafes"
LONGEST = "ä" * 36  # 72 bytes.


def passwords(hash_format: HashFormat = "bcrypt") -> Passwords:
    return Passwords(hash_format, ROUNDS, slots=1)


def is_opened_by_bcrypt(stored: str, password: str) -> bool:
    return bcrypt.checkpw(password.encode(), stored.encode())


def is_opened_by_php(stored: str, password: str) -> bool:
    if not shutil.which("php"):
        pytest.skip("PHP is not on the PATH")
    code = "exit(password_verify($argv[1], $argv[2]) ? 0 : 1);"
    return subprocess.run(["php", "-r", code, "--", password, stored], check=False).returncode == 0


def is_opened_by_django(stored: str, password: str) -> bool:
    if not django_settings.configured:
        names = ("BCryptSHA256PasswordHasher", "BCryptPasswordHasher")
        django_settings.configure(PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{name}" for name in names])
    return bool(check_password(password, stored))


READERS = {
    "bcrypt": is_opened_by_bcrypt,
    "bcrypt-2y": is_opened_by_php,
    "django-bcrypt": is_opened_by_django,
    "django-bcrypt-sha256": is_opened_by_django,
}


@pytest.mark.parametrize("hash_format", FORMATS)
@pytest.mark.parametrize("password", [PASSWORD, LONGEST], ids=["usual", "longest"])
def test_the_software_that_owns_a_format_accepts_what_is_written_in_it(hash_format: HashFormat, password: str) -> None:
    stored = encode(password, hash_format, ROUNDS)

    assert READERS[hash_format](stored, password)
    assert not READERS[hash_format](stored, password[:-1])
    assert not READERS[hash_format](stored, "x" + password[1:])


def test_the_pre_hashing_format_reads_every_character_of_a_long_password() -> None:
    stored = encode("a" * 256, "django-bcrypt-sha256", ROUNDS)

    assert is_opened_by_django(stored, "a" * 256)
    assert not is_opened_by_django(stored, "a" * 255 + "b")


def test_bcrypt_accepts_the_php_format_under_its_own_prefix() -> None:
    stored = encode(PASSWORD, "bcrypt-2y", ROUNDS)

    assert stored.startswith("$2y$04$")
    assert is_opened_by_bcrypt(stored.replace("$2y$", "$2b$"), PASSWORD)
    assert not is_opened_by_bcrypt(stored.replace("$2y$", "$2b$"), PASSWORD + "x")


def test_one_password_is_never_hashed_to_the_same_text_twice() -> None:
    assert encode(PASSWORD, "bcrypt", ROUNDS) != encode(PASSWORD, "bcrypt", ROUNDS)


def test_passwords_are_hashed_in_the_format_and_at_the_cost_they_were_set_up_for() -> None:
    stored = passwords("django-bcrypt-sha256").hash(PASSWORD)

    assert stored.startswith("bcrypt_sha256$$2b$04$")
    assert is_opened_by_django(stored, PASSWORD)


@pytest.mark.parametrize("hash_format", FORMATS)
def test_the_password_of_an_old_hash_in_any_format_is_not_hashed_again(hash_format: HashFormat) -> None:
    old = encode(PASSWORD, hash_format, ROUNDS)

    with pytest.raises(WeakPassword) as caught:
        passwords().hash(PASSWORD, old)

    assert caught.value.reasons == ["same_as_old"]
    assert is_opened_by_bcrypt(passwords().hash(PASSWORD + "!", old), PASSWORD + "!")


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$", "bcrypt$$2a$", "bcrypt$$2y$"])
def test_an_old_hash_is_read_under_every_prefix_of_bcrypt(prefix: str) -> None:
    old = prefix + encode(PASSWORD, "bcrypt", ROUNDS).removeprefix("$2b$")

    assert is_hash_of(old, PASSWORD)
    assert not is_hash_of(old, PASSWORD + "!")


@pytest.mark.parametrize("hash_format", FORMATS)
def test_a_hash_is_imported_in_its_own_format_alone_and_at_a_bearable_cost(hash_format: HashFormat) -> None:
    stored = encode(PASSWORD, hash_format, ROUNDS)

    assert [name for name in FORMATS if not flaw(stored, name)] == [hash_format]
    assert flaw(stored.replace("$04$", "$17$"), hash_format) == "has a cost of more than 16"
    assert flaw(stored + "x", hash_format) == f"is not of the format {hash_format}"


@pytest.mark.parametrize("rounds", [MAX_ROUNDS + 1, 20, 31, 39])
@pytest.mark.parametrize("prefix", ["$2b$", "$2y$", "bcrypt$$2b$", "bcrypt_sha256$$2b$"])
def test_an_old_hash_of_an_absurd_cost_is_not_computed(rounds: int, prefix: str) -> None:
    old = encode(PASSWORD, "bcrypt", ROUNDS).replace("$2b$04$", f"{prefix}{rounds}$")

    assert is_opened_by_bcrypt(passwords().hash(PASSWORD, old), PASSWORD)


@pytest.mark.parametrize(
    "old",
    [
        "",
        "plain text",
        "$2b$04$",
        "$2b$04$" + "." * 54,
        "$2b$00$" + "." * 53,
        "$2b$04$" + "9" * 53,
        "$2x$04$" + "." * 53,
        "$2b$٠٤$" + "." * 53,
        "bcrypt$",
        "md5$$2b$04$" + "." * 53,
        "$2b$04$" + "." * 53 + "\n",
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
        "\x00",
    ],
)
def test_a_password_is_hashed_if_the_old_hash_is_not_bcrypt(old: str) -> None:
    assert is_opened_by_bcrypt(passwords().hash(PASSWORD, old), PASSWORD)


def test_a_password_longer_than_the_old_hash_could_be_of_is_hashed() -> None:
    old = encode("a" * 72, "bcrypt", ROUNDS)

    assert is_opened_by_django(passwords("django-bcrypt-sha256").hash("a" * 73, old), "a" * 73)
