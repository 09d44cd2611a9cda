"""Which format a stored hash has, and which one a new hash gets: never one that its application might not read."""

import re
from collections.abc import Callable

from api.passwords.formats.argon2_formats import Argon2id, DjangoArgon2
from api.passwords.formats.bcrypt_formats import (
    Bcrypt,
    Bcrypt2a,
    Bcrypt2y,
    Devise,
    DjangoBcrypt,
    DjangoBcryptSha256,
    FlaskBcryptLong,
    WordPress,
)
from api.passwords.formats.flask_security import FlaskSecurity
from api.passwords.formats.hash_format import HashFormat
from api.passwords.formats.old_formats import Phpass, Sha512Crypt
from api.passwords.formats.passlib_formats import PasslibBcryptSha256, PasslibPbkdf2Sha256
from api.passwords.formats.pbkdf2_formats import AspNetV3, DjangoPbkdf2, WerkzeugPbkdf2
from api.passwords.formats.scrypt_formats import BetterAuth, DjangoScrypt, WerkzeugScrypt
from api.passwords.formats.spring import Spring
from shared.settings.hashes import AUTO, HashFormatName

# Other hashes, by their names in logs. They are only replaced with USERS_HASH_REPLACE=true.
_OTHER_SHAPES = {
    "Django's, of a format that Latchkey does not write": r"(pbkdf2_|scrypt|md5|unsalted_|bcrypt|argon2)[\w$]*\$.+",
    "argon2, but not argon2id": r"\$argon2(i|d)\$.+",
    "argon2id of an unusual form": r"\$argon2id\$.+",
    "Werkzeug's, of a format that Latchkey does not write": r"(pbkdf2|scrypt|sha\d*|md5|plain):?.*\$.+",
    "passlib's PBKDF2": r"\$pbkdf2.+",
    "Spring's, of an encoder that Latchkey does not write": r"\{[\w@.-]{1,30}\}.+",
    "salt and hash in hexadecimal digits": r"[0-9a-f]+:[0-9a-f]+",
    "crypt": r"\$(1|2[abxy]?|5|6|7|y|gy)\$.+",
}
UNKNOWN = "of no known hash"


class HashOfAnotherFormat(Exception):
    """The stored hash is not of the format in which a new one would be written. hint: what to do, without the hash."""

    def __init__(self, found: str, named: str, writes: str) -> None:
        super().__init__()
        self.hint = f"A stored hash has the shape {found}. " + (
            f"USERS_HASH_FORMAT={named} writes {writes}, so your application might not read the new hash: the old one "
            "was kept. Correct USERS_HASH_FORMAT. If your application reads both, set USERS_HASH_REPLACE=true."
            if writes
            else "It does not show which software has written it, or Latchkey cannot write its format, so it was kept. "
            "Name your application's format in USERS_HASH_FORMAT; if the application reads several, set "
            "USERS_HASH_REPLACE=true, too."
        )


class HashTooExpensive(Exception):
    """The stored hash has parameters with which one would take many seconds, or too much memory."""

    hint = (
        "A stored hash has parameters that take many seconds or more than 256 MiB: it was neither computed nor "
        "replaced. See who has written it."
    )


class HashFormats:
    """What the settings say about stored and new hashes.

    usual: returns the format of a table's hashes for an account without one, if no format is named.
    """

    def __init__(self, name: HashFormatName, rounds: int, secret: str = "", *, replace: bool = False) -> None:
        # By shape alone. Others look like one of these, and have to be named.
        self._by_shape: tuple[HashFormat, ...] = (
            *(kind(rounds) for kind in (Bcrypt, Bcrypt2a, Bcrypt2y, DjangoBcrypt, DjangoBcryptSha256)),
            *(kind(rounds) for kind in (PasslibBcryptSha256, WordPress, Spring)),
            *(kind() for kind in (Argon2id, DjangoArgon2, DjangoPbkdf2, DjangoScrypt, WerkzeugScrypt)),
            *(kind() for kind in (WerkzeugPbkdf2, PasslibPbkdf2Sha256, AspNetV3)),
        )
        to_name = (
            *self._by_shape,
            *(FlaskBcryptLong(rounds), FlaskSecurity(rounds, secret), Devise(rounds, secret), BetterAuth()),
        )
        self._only_read = (Phpass(), Sha512Crypt())
        self._name = name
        self._named = None if name == AUTO else next(each for each in to_name if each.name == name)
        self._replace = replace
        self.usual: Callable[[], HashFormat] = lambda: self._by_shape[0]

    @property
    def narrowest(self) -> HashFormat:
        """The format with the lowest limit on passwords: one limit is told to all, whoever asks."""
        return self._named or self._by_shape[0]

    def for_new(self, stored: str) -> HashFormat:
        """Return the format of the hash that may be written over a stored one; stored: empty if there is none.

        Raises HashOfAnotherFormat and HashTooExpensive, and what a database raises if the format is that of others.
        """
        if not stored:
            return self._named or self.usual()
        found = self.written_over(stored)
        if found is None and self._named and self._replace:
            return self._named
        if found is None:
            raise HashOfAnotherFormat(self.shape(stored), self._name, self._named.title if self._named else "")
        if not self._is_bearable(stored):
            raise HashTooExpensive
        return found

    def may_replace(self, stored: str) -> bool:
        """Tell whether `for_new` would return a format for a stored hash."""
        return self._is_bearable(stored) if self.written_over(stored) else self._replace

    def written_over(self, stored: str) -> HashFormat | None:
        """Return the format that its application still reads in place of a stored hash."""
        if self._named:
            return self._named if self._named.replaces(stored) else None
        return self._recognised(stored)

    def is_hash_of(self, stored: str, password: str) -> bool:
        """Tell whether a stored hash is that of a password. It is not computed if that takes too long."""
        found = self._reader(stored)
        try:
            return found is not None and found.is_bearable(stored) and found.verify(stored, password)
        except ValueError:  # It only looks like a hash of this format.
            return False

    def memory(self, stored: str) -> int:
        """Return how many MiB it takes to compute a stored hash."""
        found = self._reader(stored)
        return found.memory(stored) if found and found.is_bearable(stored) else 0

    def flaw(self, stored: str) -> str:
        """Return why a stored hash cannot be imported, or an empty string if it can."""
        if self.written_over(stored) is None:
            return f"is not of the format {self._name}" if self._named else "is of no known format"
        return "" if self._is_bearable(stored) else "takes too long, or too much memory, to compute"

    def shape(self, stored: str) -> str:
        """Return the name of a hash's shape, which tells nothing of the hash itself."""
        found = self._recognised(stored) or next((each for each in self._only_read if each.has_shape(stored)), None)
        others = (name for name, form in _OTHER_SHAPES.items() if re.fullmatch(form, stored, re.ASCII | re.DOTALL))
        return found.title if found else next(others, UNKNOWN)

    def _is_bearable(self, stored: str) -> bool:
        found = self._reader(stored)
        return found is None or found.is_bearable(stored)

    def _reader(self, stored: str) -> HashFormat | None:
        """Return the format that can compute a stored hash."""
        named = (self._named,) if self._named else ()
        known = (*named, *self._by_shape, *self._only_read)
        return next((each for each in known if each.has_shape(stored)), None)

    def _recognised(self, stored: str) -> HashFormat | None:
        return next((each for each in self._by_shape if each.replaces(stored) and each.has_shape(stored)), None)
