"""Formats that are only read, to tell whether a new password is the old one: nobody should write them today."""

import hashlib
import hmac
import re

from api.passwords.formats.hash_format import HashFormat

DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MAX_DOUBLINGS = 20  # phpass computes a million MD5 then, in 0.6 seconds.
MAX_ROUNDS = 500_000  # SHA-512 crypt takes a second for so many.


class _ReadOnly(HashFormat):
    def hash(self, password: str, old: str = "") -> str:
        raise NotImplementedError


class Phpass(_ReadOnly):
    """phpass's portable hashes, of older WordPress and phpBB: MD5 many times over (`PasswordHash.php`, Openwall)."""

    name = "phpass"
    title = "phpass"
    shape = r"\$[PH]\$[./A-Za-z0-9]{31}"

    def is_bearable(self, stored: str) -> bool:
        """Look at the number of doublings."""
        return DIGITS.index(stored[3]) <= MAX_DOUBLINGS

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        secret, salt = password.encode(), stored[4:12].encode()
        digest = hashlib.md5(salt + secret).digest()  # noqa: S324 - what an old hash was made with
        for _ in range(1 << DIGITS.index(stored[3])):
            digest = hashlib.md5(digest + secret).digest()  # noqa: S324
        return hmac.compare_digest(stored[12:], _digits(digest, _TRIPLES_OF_MD5))


class Sha512Crypt(_ReadOnly):
    """SHA-512 crypt, `$6$` (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512")."""

    name = "sha512-crypt"
    title = "SHA-512 crypt"
    shape = r"\$6\$(rounds=\d{1,9}\$)?[^$\n]{0,16}\$[./A-Za-z0-9]{86}"

    def is_bearable(self, stored: str) -> bool:
        """Look at the rounds."""
        return _rounds(stored) <= MAX_ROUNDS

    def verify(self, stored: str, password: str) -> bool:
        """Compute the hash again."""
        *_, salt, digits = stored.split("$")
        digest = _sha512_crypt(password.encode(), salt.encode(), _rounds(stored))
        return hmac.compare_digest(digits, _digits(digest, _TRIPLES_OF_SHA512))


def _rounds(stored: str) -> int:
    match = re.match(r"\$6\$rounds=(\d+)\$", stored)
    return max(1000, int(match[1])) if match else 5000


def _sha512_crypt(secret: bytes, salt: bytes, rounds: int) -> bytes:
    sha512 = hashlib.sha512
    inner = sha512(secret + salt + secret).digest()
    mixed = secret + salt + _repeated(inner, len(secret))
    length = len(secret)
    while length:
        mixed += inner if length & 1 else secret
        length >>= 1
    digest = sha512(mixed).digest()
    secrets_part = _repeated(sha512(secret * len(secret)).digest(), len(secret))
    salts_part = _repeated(sha512(salt * (16 + digest[0])).digest(), len(salt))
    for turn in range(rounds):
        first, last = (secrets_part, digest) if turn & 1 else (digest, secrets_part)
        digest = sha512(first + (salts_part if turn % 3 else b"") + (secrets_part if turn % 7 else b"") + last).digest()
    return digest


def _repeated(block: bytes, length: int) -> bytes:
    return (block * (length // len(block) + 1))[:length]


def _turned(first: tuple[int, ...], times: int) -> list[tuple[int, ...]]:
    """List triples of indexes: each is the one before it, turned, with its numbers one higher."""
    found = [first]
    for _ in range(times - 1):
        first = (first[1] + 1, first[2] + 1, first[0] + 1)
        found.append(first)
    return found


def _digits(digest: bytes, order: list[tuple[int, ...]]) -> str:
    """Write a digest with 6 bits a digit: bytes of each triple as a big-endian number, its lowest digit first."""
    written = ""
    for indexes in order:
        number = int.from_bytes(bytes(digest[each] for each in indexes), "big")
        written += "".join(DIGITS[number >> 6 * place & 63] for place in range(len(indexes) + 1))
    return written


_TRIPLES_OF_MD5: list[tuple[int, ...]] = [(at + 2, at + 1, at) for at in range(0, 15, 3)] + [(15,)]
_TRIPLES_OF_SHA512: list[tuple[int, ...]] = [*_turned((0, 21, 42), 21), (63,)]
