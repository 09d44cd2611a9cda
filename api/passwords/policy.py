"""Which passwords are refused, and why: NIST SP 800-63B-4, 3.1.1.2, and OWASP ASVS 5.0, 6.2. No Flask in here."""

from dataclasses import dataclass, field
from typing import Literal

from api.passwords.common_passwords import common_digests, digest
from api.passwords.formats.hash_format import Unit
from api.passwords.personal_words import without, words_in, words_of_address, words_of_name
from api.passwords.readings import readings, seen
from api.passwords.strength import is_hard_to_guess

MIN_GUESSES = 10**10  # zxcvbn's best score: with a slow hash, it is safe even if the users table is stolen.

Reason = Literal[
    "too_short",
    "too_long",
    "contains_nul",
    "too_common",
    "like_address",
    "like_product",
    "same_as_old",
    "breached",
]


class WeakPassword(Exception):
    """The policy refuses the password, for reasons given as stable codes."""

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class PasswordPolicy:
    """The checks that need no other service. There are no composition rules.

    max_length: in `characters` (code points) or `bytes` (of UTF-8), as max_length_unit says. The format of the hash
    limits it: a longer password would be silently truncated, so it is refused.
    """

    min_length: int
    max_length: int
    max_length_unit: Unit
    product_name: str = ""
    common: bytes = field(default_factory=common_digests, repr=False)

    @property
    def passwordrules(self) -> str:
        """The lengths for the attribute `passwordrules`, which password managers read."""
        return f"minlength: {self.min_length}; maxlength: {self.max_length};"

    def check(self, password: str, address: str) -> None:
        """Refuse a password that the owner of this address must not set.

        Raises WeakPassword. A password that cannot be stored is refused without checking how hard it is to guess.
        Otherwise both the text that was typed and its plain letters are judged, so that look-alikes and invisible
        characters hide nothing.
        """
        reasons = self._not_storable(password) or self._too_easy(password, address)
        if reasons:
            raise WeakPassword(reasons)

    def _not_storable(self, password: str) -> list[Reason]:
        in_bytes = self.max_length_unit == "bytes"
        length = len(password.encode("utf-8", "surrogatepass") if in_bytes else password)
        found: dict[Reason, bool] = {
            "too_short": len(seen(password)) < self.min_length,
            "too_long": length > self.max_length,
            "contains_nul": "\x00" in password,
        }
        return [reason for reason, is_so in found.items() if is_so]

    def _too_easy(self, password: str, address: str) -> list[Reason]:
        texts = readings(password)
        plain = texts[-1]
        common = any(digest(text) in self.common for text in texts) or not self._is_hard(password)
        known: dict[Reason, set[str]] = {
            "like_address": words_of_address(address),
            "like_product": words_of_name(self.product_name),
        }
        found = words_in(plain, set().union(*known.values()))
        if not found or self._is_hard(without(plain, found)):
            return ["too_common"] if common or not (plain == password or self._is_hard(plain)) else []
        # Words may belong to both: then what explains more of the password is the reason.
        shares = {reason: found & words for reason, words in known.items() if found & words}
        shares = {
            reason: words for reason, words in shares.items() if not any(words < all_ for all_ in shares.values())
        }
        if common:
            return ["too_common", *(reason for reason, words in shares.items() if _is_mostly(plain, words))]
        # Without the words of one alone it may be hard to guess, and easy without those of the other, or of both.
        alone = [reason for reason, words in shares.items() if not self._is_hard(without(plain, words))]
        return alone or list(shares)

    def _is_hard(self, password: str) -> bool:
        # zxcvbn rates eight random characters at 10**8 guesses, or less if part of them looks like a word.
        return is_hard_to_guess(password, min(MIN_GUESSES, int(10 ** (self.min_length - 1))))


def _is_mostly(password: str, words: set[str]) -> bool:
    return 2 * len(without(password, words)) <= len(password)
