"""The checks and the hashing of a new password, cheapest first."""

from dataclasses import dataclass

from api.passwords.breaches import RangeService
from api.passwords.hash_shapes import require_format
from api.passwords.hashing import Passwords
from api.passwords.policy import PasswordPolicy


@dataclass(frozen=True)
class NewPasswords:
    """The policy, the lookup of leaked passwords if it is on, and hashing."""

    policy: PasswordPolicy
    breaches: RangeService | None
    hashing: Passwords

    def check(self, password: str, address: str, old: str = "") -> None:
        """Refuse a password that the owner of an address must not set, or whose hash must not replace the old one.

        Raises HashOfAnotherFormat and WeakPassword.
        """
        if old:
            require_format(old, self.policy.hash_format)
        self.policy.check(password, address)

    def hash(self, password: str, old: str = "") -> str:
        """Look a checked password up among leaked ones, and return the hash that replaces the old one.

        Raises WeakPassword, BreachCheckAway and HashingBusy.
        """
        if self.breaches:
            self.breaches.check(password)
        return self.hashing.hash(password, old)
