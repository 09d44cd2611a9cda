"""Each format by the software that owns it, or by hashes that this software has made."""

import hashlib
import re
from typing import Any, get_args

import pytest
from passlib.hash import phpass, sha512_crypt

from api.passwords.formats.formats import HashFormats, HashOfAnotherFormat, HashTooExpensive
from api.passwords.hashing import Hashing
from api.passwords.new_password import NewPasswords
from shared.settings.hashes import WITH_SECRET, HashFormatName
from tests.support.hashes import CHEAP, SECRET, encode, formats
from tests.unit.passwords.owners import OWNERS, run_php
from tests.unit.passwords.vectors import PEPPER, VECTORS, Vector

NAMES = get_args(HashFormatName)[1:]
PASSWORD = "correct horse — batterie d'agrafes"
LONGEST = "ä" * 36  # 72 bytes.
# They look like another format, and have to be named.
ALIKE = {"flask-bcrypt-long": "bcrypt", "flask-security": "argon2id", "devise": "bcrypt-2a"}
UNMARKED = "better-auth"  # Many applications store a salt and a hash like this, each computed in its own way.
# The formats whose software also reads hashes that begin like this.
READERS = {
    "$2b$": {"bcrypt", "flask-bcrypt-long", "flask-security", "devise"},
    "$2a$": {"bcrypt", "bcrypt-2a", "bcrypt-2y", "flask-bcrypt-long", "flask-security", "devise"},
    "$2y$": {"bcrypt-2y", "devise", "wordpress"},
    "$arg": {"argon2id", "flask-security"},
}
BODY = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"


@pytest.mark.parametrize("owner", OWNERS, ids=map(str, OWNERS))
@pytest.mark.parametrize("password", [PASSWORD, LONGEST, " with blanks "], ids=["usual", "longest", "blanks"])
def test_the_software_that_owns_a_format_reads_what_is_written_in_it(
    owner: tuple[HashFormatName, str], password: str
) -> None:
    stored = encode(password, owner[0])
    reads = OWNERS[owner]().reads

    assert reads(stored, password)
    assert not reads(stored, password[:-1])
    assert not reads(stored, "x" + password[1:])


@pytest.mark.parametrize("owner", OWNERS, ids=map(str, OWNERS))
def test_what_the_software_writes_is_read_and_replaced_at_the_same_cost_or_more(
    owner: tuple[HashFormatName, str],
) -> None:
    name, owned = owner[0], OWNERS[owner]()
    stored = owned.writes(PASSWORD)
    known = formats(name)

    assert known.is_hash_of(stored, PASSWORD)
    assert not known.is_hash_of(stored, PASSWORD + "x")
    replaced = known.for_new(stored).hash("another " + PASSWORD, stored)
    assert owned.reads(replaced, "another " + PASSWORD)
    assert all(new >= old for new, old in zip(costs(replaced), costs(stored), strict=True))
    if name not in {*ALIKE, UNMARKED}:
        assert formats().for_new(stored).name == name


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: f"{each.name}, {each.how}")
def test_a_hash_that_the_software_made_elsewhere_is_read_and_replaced_in_its_own_form(vector: Vector) -> None:
    known = HashFormats(vector.name, CHEAP, PEPPER if vector.name in WITH_SECRET else "")

    assert known.is_hash_of(vector.stored, vector.password)
    assert not known.is_hash_of(vector.stored, vector.password + "x")
    replaced = known.for_new(vector.stored).hash("another password", vector.stored)
    assert known.is_hash_of(replaced, "another password")
    assert replaced.split("}")[0][:20] == vector.stored.split("}")[0][:20] or not replaced.startswith("{")


def costs(stored: str) -> list[int]:
    """Return the numbers before the salt, without the parts that differ."""
    return [int(number) for number in re.findall(r"(?<=[$:=,])\d{1,8}(?=[$:,])", stored)][:4]


@pytest.mark.parametrize("name", NAMES)
def test_each_format_is_recognised_by_its_own_hashes_alone(name: HashFormatName) -> None:
    stored = encode(PASSWORD, name)

    found = {each for each in NAMES if formats(each).written_over(stored)}
    assert name in found
    if name != UNMARKED:
        assert formats().for_new(stored).name == ALIKE.get(name, name)
    assert found - {name} == READERS.get(stored[:4], set()) - {name}


@pytest.mark.parametrize("name", NAMES)
def test_a_new_hash_is_as_long_as_the_probe_takes_it_for(name: HashFormatName) -> None:
    found = HashFormats(name, 12, SECRET).for_new("")

    assert len(found.hash(PASSWORD)) <= found.length


@pytest.mark.parametrize("name", NAMES)
def test_one_password_is_never_hashed_to_the_same_text_twice(name: HashFormatName) -> None:
    assert encode(PASSWORD, name) != encode(PASSWORD, name)


def test_without_a_table_a_first_password_is_hashed_with_bcrypt() -> None:
    assert encode(PASSWORD, "auto").startswith("$2b$04$")


@pytest.mark.parametrize(
    "stored",
    [
        f"$2b$17${BODY}",
        f"$2a$31${BODY}",
        f"$2y$99${BODY}",
        f"bcrypt$$2b$31${BODY}",
        f"bcrypt_sha256$$2b$31${BODY}",
        f"$bcrypt-sha256$v=2,t=2b,r=31${BODY[:22]}${BODY[22:]}",
        f"$wp$2y$31${BODY}",
        f"{{bcrypt}}$2a$31${BODY}",
        "$argon2id$v=19$m=4294967295,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
        "$argon2id$v=19$m=65536,t=100000,p=4$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
        "$argon2id$v=19$m=65536,t=3,p=4000$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
        "argon2$argon2id$v=19$m=4294967295,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
        "{argon2@SpringSecurity_v5_8}$argon2id$v=19$m=4194304,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
        "pbkdf2_sha256$4000000000$salt$" + "A" * 43 + "=",
        "pbkdf2:sha256:4000000000$salt$" + "a" * 64,
        "$pbkdf2-sha256$4000000000$c2FsdA$" + "A" * 43,
        "scrypt:1073741824:8:1$salt$" + "a" * 128,
        "scrypt:32768:8:1000$salt$" + "a" * 128,
        "scrypt:32767:8:1$salt$" + "a" * 128,
        "scrypt$1073741824$salt$8$1$" + "A" * 86 + "==",
        "{scrypt@SpringSecurity_v5_8}$ff0801$" + "A" * 22 + "==$" + "A" * 43 + "=",
        "AQAAAAL/////AAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==",
        "scrypt:2:900:9000$salt$" + "a" * 128,
    ],
)
def test_a_hash_with_absurd_parameters_is_neither_computed_nor_replaced(stored: str) -> None:
    known = formats()

    assert not known.is_hash_of(stored, PASSWORD)
    with pytest.raises(HashTooExpensive):
        known.for_new(stored)
    assert known.flaw(stored) == "takes too long, or too much memory, to compute"


@pytest.mark.parametrize(
    "stored",
    [
        "plain text",
        "$2b$04$",
        f"$2b$04${BODY}x",
        f"$2x$04${BODY}",
        f"$2b$٠٤${BODY}",
        f"$2b$04${BODY}\n",
        "bcrypt$",
        f"md5$$2b$04${BODY}",
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
        "$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
        "pbkdf2_sha256$1000$salt$short",
        "{noop}password",
        f"{{bcrypt2}}$2a$10${BODY}",
        "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4A=",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "\x00",
    ],
)
def test_nothing_is_written_over_what_is_not_understood(stored: str) -> None:
    for name in get_args(HashFormatName):
        known = formats(name)
        assert not known.is_hash_of(stored, PASSWORD)
        with pytest.raises(HashOfAnotherFormat):
            known.for_new(stored)
        assert known.flaw(stored)


@pytest.mark.parametrize(
    "stored",
    [
        "pbkdf2_sha256$0$salt$" + "A" * 43 + "=",
        "$pbkdf2-sha256$1000$AAAAA$" + "A" * 43,
        f"$2b$00${BODY}",
        "$2b$04$" + "9" * 53,
    ],
)
def test_a_damaged_hash_is_nobodys_password_and_can_be_replaced(stored: str) -> None:
    assert not formats().is_hash_of(stored, PASSWORD)
    assert formats().is_hash_of(formats().for_new(stored).hash(PASSWORD, stored), PASSWORD)


@pytest.mark.parametrize(
    "stored",
    [
        "$argon2id$v=19$m=8,t=524288,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43,
        "{scrypt@SpringSecurity_v5_8}$80801$" + "A" * 22 + "==$" + "A" * 43 + "=",
        "scrypt:16:1:1$salt$" + "a" * 128,
        "scrypt$16$salt$8$1$" + "A" * 86 + "==",
    ],
)
def test_odd_parameters_are_raised_to_usual_ones(stored: str) -> None:
    known = formats()
    new = known.for_new(stored)

    made = new.hash(PASSWORD, stored)

    assert new.has_shape(made)
    assert new.is_bearable(made)
    assert known.is_hash_of(made, PASSWORD)


def test_a_salt_and_a_hash_without_a_name_may_be_anybodys() -> None:
    """Node's own scrypt and PBKDF2 are often stored like better-auth's, with other parameters."""
    stored = hashlib.scrypt(PASSWORD.encode(), salt=b"0123456789abcdef0123456789abcdef", n=2**14, r=8, p=1).hex()

    with pytest.raises(HashOfAnotherFormat) as refused:
        formats().for_new(f"0123456789abcdef0123456789abcdef:{stored}")

    assert "salt and hash in hexadecimal digits" in refused.value.hint
    assert "Name your application's format in USERS_HASH_FORMAT" in refused.value.hint


@pytest.mark.parametrize(
    "stored",
    [
        "{scrypt@SpringSecurity_v5_8}$140801$" + "A" * 22 + "==$" + "A" * 43 + "=",
        f"$bcrypt-sha256$v=2,t=2y,r=31${BODY[:22]}${BODY[22:]}",
        "scrypt:1073741824:8:1$salt$" + "a" * 128,
    ],
)
@pytest.mark.parametrize("name", ["bcrypt", "passlib-bcrypt-sha256", "argon2id"])
def test_what_is_replaced_whatever_it_is_costs_nothing(name: HashFormatName, stored: str) -> None:
    known = formats(name, replace=True)
    unused: Any = None

    assert known.memory(stored) == 0
    assert known.is_hash_of(NewPasswords(unused, None, known, Hashing(1)).hash(PASSWORD, stored), PASSWORD)
    assert known.for_new(stored).name == name


def test_wordpress_hashes_what_its_forms_post() -> None:
    """`wp_magic_quotes` puts backslashes before quotes and backslashes, at log-in as well."""
    password = """it's a "long" pass\\phrase"""
    code = """
        $posted = addslashes($argv[1]);
        $keyed = base64_encode(hash_hmac("sha384", trim($posted), "wp-sha384", true));
        echo password_verify($keyed, substr($argv[2], 3)) ? 1 : 0;
    """

    assert run_php(code, password, encode(password, "wordpress")) == "1"


@pytest.mark.parametrize("name", NAMES)
def test_a_format_that_may_replace_others_does_so_only_if_the_operator_says_so(name: HashFormatName) -> None:
    foreign = "5f4dcc3b5aa765d61d8327deb882cf99"

    assert not formats(name).may_replace(foreign)
    assert formats(name, replace=True).for_new(foreign).name == name


@pytest.mark.parametrize(
    "made_by",
    [
        phpass.using(rounds=8),
        sha512_crypt.using(rounds=1000),
        sha512_crypt.using(rounds=5000),
        sha512_crypt.using(rounds=1234, salt=""),
    ],
    ids=["phpass", "SHA-512 crypt", "without rounds", "without a salt"],
)
def test_old_formats_are_read_and_not_written(made_by: Any) -> None:
    stored, known = made_by.hash(PASSWORD), formats("bcrypt", replace=True)

    assert known.is_hash_of(stored, PASSWORD)
    assert not known.is_hash_of(stored, PASSWORD + "x")
    assert known.for_new(stored).name == "bcrypt"
    with pytest.raises(HashOfAnotherFormat):
        formats().for_new(stored)


@pytest.mark.parametrize("stored", ["$P$Z" + "a" * 30, "$6$rounds=999999999$salt$" + "a" * 86])
def test_an_old_format_with_absurd_parameters_is_not_computed(stored: str) -> None:
    assert not formats().is_hash_of(stored, PASSWORD)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("bcrypt", f"$2a$10${BODY}"),
        ("bcrypt-2y", f"$2a$10${BODY}"),
        ("wordpress", "$P$B" + "a" * 30),
        ("wordpress", f"$2y$10${BODY}"),
        ("werkzeug-pbkdf2", "pbkdf2:sha1:1000$salt$" + "a" * 40),
    ],
)
def test_older_hashes_of_the_same_software_are_replaced(name: HashFormatName, stored: str) -> None:
    assert formats(name).for_new(stored).name == name
