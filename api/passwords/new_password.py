"""What a new password goes through before it is stored, cheapest first."""

from dataclasses import dataclass

from api.passwords.breaches import RangeService
from api.passwords.hashing import Passwords
from api.passwords.policy import PasswordPolicy


@dataclass(frozen=True)
class NewPasswords:
    """The policy, the leaked passwords where they are asked for, and hashing."""

    policy: PasswordPolicy
    breaches: RangeService | None
    hashing: Passwords

    def hash(self, password: str, address: str, old: str = "") -> str:
        """Return what to store as the password of the owner of an address, instead of an old hash.

        Raises WeakPassword, BreachCheckAway and HashingBusy.
        """
        self.policy.check(password, address)
        if self.breaches:
            self.breaches.check(password)
        return self.hashing.hash(password, old)
