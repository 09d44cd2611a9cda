"""Passwords that are guessable, misleading, or sent to cause harm.

ASVS is OWASP ASVS 5.0; NIST is SP 800-63B-4.
"""

import time

import bcrypt
import psutil
import pytest

from tests.attacks.passwords import ANNA, refusal
from tests.attacks.target import Target
from tests.support.hashes import encode
from tests.support.service import NEW_PASSWORD, OLD_PASSWORD


def cpu(target: Target) -> float:
    """Return the seconds of CPU that the API has used so far."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in target.api.pids())


@pytest.mark.parametrize(
    "start", ["Long enough to fill all of what bcrypt reads, " * 2, "Ein Schlüssel, länger als gedacht. " * 2]
)
def test_what_stands_after_72_bytes_is_never_cut_off(target: Target, start: str) -> None:
    """bcrypt truncation: any ending opens the account (Okta, October 2024; Spring CVE-2025-22228; ASVS 6.2.8)."""
    whole = start.encode()[:72].decode(errors="ignore") + " and the secret"

    assert refusal(target, whole) == (422, "weak_password", ["too_long"])


def test_what_stands_after_a_nul_is_never_cut_off(target: Target) -> None:
    """NUL truncation: C strings end there, as in bcrypt in PHP's password_verify and older py-bcrypt (CWE-158)."""
    assert refusal(target, NEW_PASSWORD + "\x00 and the secret") == (422, "weak_password", ["contains_nul"])


def test_a_password_is_stored_to_the_last_space_and_capital(target: Target) -> None:
    """Silent changes: trimming and case folding make passwords easier to guess (ASVS 6.2.8; NIST 3.1.1.2)."""
    target.add_user(ANNA)
    given = "  Grüne Fahrräder  fliegen SELTEN "

    assert target.reset(target.token_of(ANNA), given).status == 200

    stored = target.stored_hash(ANNA).encode()
    assert bcrypt.checkpw(given.encode(), stored)
    assert not bcrypt.checkpw(given.strip().encode(), stored)
    assert not bcrypt.checkpw(given.lower().encode(), stored)


def test_a_long_password_holds_nobody_up(target: Target) -> None:
    """Long-password denial of service: the whole input is hashed or rated for strength (Django CVE-2013-1443)."""
    target.add_user(ANNA)
    token, before = target.token_of(ANNA), cpu(target)

    judged = target.reset(token, "x" * 4096)
    outcomes = [target.reset(token, "x" * length).outcome for length in (15_000, 100_000)]

    assert judged.json["reasons"] == ["too_long"]
    assert outcomes == [(422, "invalid_request"), (413, "body_too_large")]
    assert cpu(target) - before < 1


def test_a_password_made_to_be_slow_to_judge_holds_nobody_up(target: Target) -> None:
    """Algorithmic complexity of the strength check (CWE-407): zxcvbn reads symbols as letters in hundreds of ways."""
    expensive = ("4@8({[<3691!|70$5+%2" * 4)[:72]
    # The password passes the strength check and is then refused as unchanged, so that one link suffices.
    target.add_user(ANNA, encode(expensive, "bcrypt"))
    token, before = target.token_of(ANNA), cpu(target)

    outcomes = [target.reset(token, expensive).json["reasons"] for _ in range(10)]

    assert outcomes == [["same_as_old"]] * 10
    assert cpu(target) - before < 0.8


@pytest.mark.parametrize(
    "stored",
    [
        *(f"{prefix}{'.' * 53}" for prefix in ("$2b$31$", "$2a$20$", "$2y$20$", "bcrypt_sha256$$2b$31$")),
        "$argon2id$v=19$m=4194304,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
        "pbkdf2_sha256$4000000000$salt$" + "A" * 43 + "=",
        "scrypt:1073741824:8:1$salt$" + "a" * 128,
    ],
)
def test_a_stored_hash_of_absurd_cost_holds_no_thread(target: Target, stored: str) -> None:
    """A hash that takes a week or more memory than there is to verify (CWE-400), planted by an import."""
    target.add_user(ANNA, stored)
    target.add_user("ben@example.com")
    started = time.monotonic()

    assert target.reset(target.token_of(ANNA)).status == 503
    assert target.reset(target.token_of("ben@example.com")).status == 200
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("password", ["Mailcreated5240", "lhbjkjubz2957704", "bigracebooster01", "rumpelstiltzkin"])
def test_passwords_of_the_lists_that_are_tried_first_are_refused(target: Target, password: str) -> None:
    """Password spraying from a list (ASVS 6.2.4: the top 3000 that are long enough; NIST 3.1.1.2)."""
    assert refusal(target, password) == (422, "weak_password", ["too_common"])


@pytest.mark.parametrize(
    "password",
    ["P@ssw0rd12345678", "qwertyuiop[]asdf", "1summersummersummersummer", "12.12.2012121212", "a1b2c3d4e5f6g7h8"],
)
def test_patterns_that_only_look_long_are_refused(target: Target, password: str) -> None:
    """Rule-based guessing: repeats, keyboard rows, sequences, words with digits (NIST 3.1.1.2; CWE-521)."""
    assert refusal(target, password) == (422, "weak_password", ["too_common"])


@pytest.mark.parametrize("password", [ANNA, f"{ANNA}1", "Anna Jones, 1987!", "ÀnnàJ0n3s@3x4mpl3", "moc.elpmaxe@senoj"])
def test_the_users_own_address_is_refused_as_a_password(target: Target, password: str) -> None:
    """Guessing from personal data: the user name and its variants (NIST 3.1.1.2; ASVS 6.2.11)."""
    assert "like_address" in refusal(target, password)[2]


@pytest.mark.parametrize("password", ["latchkeylatchkey", "Latchkey-2024-!", "myL4tchk3yP4ssword"])
def test_the_name_of_the_service_is_refused_as_a_password(target: Target, password: str) -> None:
    """Guessing from the context: the service's name and its variants (NIST 3.1.1.2; ASVS 6.2.11)."""
    assert "like_product" in refusal(target, password)[2]


@pytest.mark.parametrize("prefix", ["$2b$", "$2a$"])
def test_the_password_that_an_attacker_knows_is_not_set_again(target: Target, prefix: str) -> None:
    """A reset after a leak that keeps the old password (CWE-262)."""
    target.add_user(ANNA, encode(OLD_PASSWORD, "bcrypt").replace("$2b$", prefix))

    assert refusal(target, OLD_PASSWORD) == (422, "weak_password", ["same_as_old"])


@pytest.mark.parametrize(
    "password", [["correct horse"], {"$ne": ""}, 123456789012345678, True, None, "", "\ud800" * 20]
)
def test_a_password_that_is_not_text_is_refused(target: Target, password: object) -> None:
    """Type confusion and operator injection (CWE-843, CWE-943): Express applications read {"$ne": ""} as a query."""
    assert refusal(target, password)[:2] == (422, "invalid_request")


def test_refused_passwords_are_written_nowhere(target: Target) -> None:
    """Plain-text passwords in logs and responses (Twitter and GitHub, 2018; CWE-532)."""
    target.add_user(ANNA)
    secrets = ["xyzzy7short", "xyzzy8" + "x" * 80, "xyzzy9\x00" + "x" * 20, "xyzzyxyzzyxyzzyxyzzy"]

    bodies = [target.reset(target.token_of(ANNA), secret).body.decode() for secret in secrets]

    assert "xyzzy" not in "".join(bodies) + target.logs()
