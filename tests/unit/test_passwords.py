import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import bcrypt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import check_password

import api.passwords
from api.passwords import NICENESS, HashingBusy, Passwords, WeakPassword, at_a_time, encode
from shared.settings import HashFormat
from shared.tokens import InvalidToken

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


def test_no_slot_is_left_when_all_are_taken() -> None:
    two = passwords(slots=2)

    with two.slot("anna's"), two.slot("berta's"):
        with pytest.raises(HashingBusy), two.slot("carla's"):
            pass
        while_both_are_taken = two.waiting

    with two.slot("carla's"):
        assert (while_both_are_taken, two.waiting) == (2, 1)


def test_to_others_a_link_is_dead_while_its_password_is_set() -> None:
    one = passwords(slots=1)

    with one.slot("anna's"), pytest.raises(InvalidToken), one.slot("anna's"):
        pass

    with one.slot("anna's"):
        assert one.waiting == 1


def test_a_slot_comes_free_again_even_after_a_failure() -> None:
    one = passwords(slots=1)

    with pytest.raises(ValueError, match="72 bytes"), one.slot("anna's"):
        one.hash("a" * 73)

    assert one.waiting == 0
    assert is_opened_by_bcrypt(one.hash(PASSWORD), PASSWORD)


def test_one_that_has_not_begun_in_time_is_refused_and_never_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    begun, ended = threading.Event(), threading.Event()

    def encode_slowly(password: str, *_: object) -> str:
        hashed.append(password)
        begun.set()
        ended.wait(10)
        return "a hash"

    monkeypatch.setattr(api.passwords, "encode", encode_slowly)
    monkeypatch.setattr(api.passwords, "WAIT_FOR_HASH", 0.01)
    one = passwords(slots=1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(one.hash, "the first")
        begun.wait(10)
        with pytest.raises(HashingBusy):
            one.hash("the second")
        ended.set()

        assert first.result(10) == "a hash"
    assert hashed == ["the first"]


def test_one_core_is_left_to_the_door_where_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    cores = {1: [1, 1], 2: [1, 1], 4: [2, 3], 64: [2, 16]}

    found = {}
    for number in cores:
        monkeypatch.setattr(os, "cpu_count", lambda number=number: number)
        found[number] = [at_a_time(2), at_a_time(16)]

    assert found == cores


@pytest.mark.skipif(sys.platform != "linux", reason="niceness is a thread's own on Linux alone")
def test_hashing_gives_way_and_the_thread_that_waits_for_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.passwords, "encode", lambda *_: str(niceness()))

    of_hashing = passwords().hash(PASSWORD)

    assert of_hashing == str(min(19, niceness() + NICENESS))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody is asked")
def test_where_niceness_is_refused_passwords_are_hashed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)

    assert is_opened_by_bcrypt(passwords().hash(PASSWORD), PASSWORD)


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
