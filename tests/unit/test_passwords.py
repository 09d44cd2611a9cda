import shutil
import subprocess
from typing import get_args

import bcrypt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import check_password

from api.passwords import Passwords, WeakPassword, encode
from shared.settings import HashFormat

ROUNDS = 4
FORMATS = get_args(HashFormat)
UNHASHED = [name for name in FORMATS if name != "django-bcrypt-sha256"]
PASSWORD = "correct horse — batterie d'agrafes"
LONGEST = "ä" * 36  # 72 bytes.


def passwords(hash_format: HashFormat = "bcrypt", slots: int = 1) -> Passwords:
    return Passwords(hash_format, ROUNDS, min_length=15, slots=slots)


def reasons(password: str, hash_format: HashFormat = "bcrypt") -> list[str]:
    try:
        passwords(hash_format).check(password)
    except WeakPassword as error:
        return error.reasons
    return []


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
    return check_password(password, stored)


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


@pytest.mark.parametrize("password", ["a" * 15, "é" * 15, "🔑" * 15, " " * 15, "aaaaaaaaaaaaaa\u0301", PASSWORD])
def test_a_password_of_enough_characters_of_any_kind_is_taken(password: str) -> None:
    assert reasons(password) == []


@pytest.mark.parametrize("password", ["", "a" * 14, "🔑" * 14, "ä" * 14])
def test_a_password_is_too_short_by_its_characters_and_not_by_its_bytes(password: str) -> None:
    assert reasons(password) == ["too_short"]


@pytest.mark.parametrize("hash_format", UNHASHED)
def test_where_bcrypt_reads_72_bytes_a_longer_password_is_refused_and_not_cut(hash_format: HashFormat) -> None:
    assert reasons("a" * 72, hash_format) == []
    assert reasons("a" * 73, hash_format) == ["too_long"]
    assert reasons(LONGEST, hash_format) == []
    assert reasons(LONGEST + "a", hash_format) == ["too_long"]


def test_the_pre_hashing_format_takes_256_characters() -> None:
    assert reasons("🔑" * 256, "django-bcrypt-sha256") == []
    assert reasons("a" * 257, "django-bcrypt-sha256") == ["too_long"]


@pytest.mark.parametrize("hash_format", FORMATS)
def test_a_nul_is_refused(hash_format: HashFormat) -> None:
    assert reasons(PASSWORD + "\x00", hash_format) == ["contains_nul"]


def test_every_reason_is_given_at_once() -> None:
    assert reasons("\x00") == ["too_short", "contains_nul"]
    assert reasons("\x00" * 73) == ["too_long", "contains_nul"]


def test_a_password_does_not_show_in_its_refusal() -> None:
    with pytest.raises(WeakPassword) as caught:
        passwords().check("hunter2")

    assert "hunter2" not in f"{caught.value!r} {caught.value}"
