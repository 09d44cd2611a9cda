"""Which format a stored hash has, by its shape: a hash of another format than the application's is never overwritten.

The application could read neither the old nor the new hash then, or only one of them.
"""

import re

from shared.settings.settings import HashFormat

# Every shape that is known, by its name in logs.
_SHAPES = {
    "bcrypt $2a$": r"\$2a\$\d\d\$[./A-Za-z0-9]{53}",
    "bcrypt $2b$": r"\$2b\$\d\d\$[./A-Za-z0-9]{53}",
    "bcrypt $2y$ (PHP)": r"\$2y\$\d\d\$[./A-Za-z0-9]{53}",
    "Django's bcrypt": r"bcrypt\$\$2[aby]\$.+",
    "Django's bcrypt over SHA-256": r"bcrypt_sha256\$\$2[aby]\$.+",
    "Django's PBKDF2": r"pbkdf2_sha(1|256)\$.+",
    "Django's argon2": r"argon2\$argon2.+",
    "Django's scrypt": r"scrypt\$.+",
    "argon2": r"\$argon2(id|i|d)\$.+",
    "Werkzeug's scrypt": r"scrypt:.+",
    "Werkzeug's PBKDF2": r"pbkdf2:.+",
    "passlib's PBKDF2": r"\$pbkdf2.+",
    "passlib's bcrypt over SHA-256": r"\$bcrypt-sha256\$.+",
    "Spring's, with its name in braces": r"\{[\w@.-]{1,30}\}.+",
    "WordPress's": r"\$(wp|P)\$.+",
    "crypt": r"\$(1|5|6|7|y|gy)\$.+",
}
# What each format replaces: what it writes itself, and what older versions of the same software wrote.
_REPLACED: dict[HashFormat, tuple[str, ...]] = {
    "bcrypt": ("bcrypt $2b$", "bcrypt $2a$"),
    "bcrypt-2y": ("bcrypt $2y$ (PHP)", "bcrypt $2a$"),
    "django-bcrypt": ("Django's bcrypt",),
    "django-bcrypt-sha256": ("Django's bcrypt over SHA-256",),
}


class HashOfAnotherFormat(Exception):
    """The stored hash is not of the format in which a new one would be written."""

    def __init__(self, found: str, hash_format: HashFormat) -> None:
        super().__init__()
        self.hint = (
            f"A stored hash has the shape {found}. USERS_HASH_FORMAT={hash_format} writes {_REPLACED[hash_format][0]}, "
            "so your application might not read the new hash: the old one was kept. Correct USERS_HASH_FORMAT."
        )


def shape(stored: str) -> str:
    """Return the name of a hash's shape, which tells nothing of the hash itself."""
    return next((name for name, form in _SHAPES.items() if re.fullmatch(form, stored, re.ASCII)), "of no known hash")


def may_replace(stored: str, hash_format: HashFormat) -> bool:
    """Tell whether a new hash in a format may replace the stored one."""
    return shape(stored) in _REPLACED[hash_format]


def require_format(stored: str, hash_format: HashFormat) -> None:
    """Raise HashOfAnotherFormat if a new hash in a format must not replace the stored one."""
    if not may_replace(stored, hash_format):
        raise HashOfAnotherFormat(shape(stored), hash_format)
