"""The checks and the hashing of a new password, cheapest first."""

from dataclasses import dataclass

from api.passwords.breaches import RangeService
from api.passwords.formats.formats import HashFormats, HashTooExpensive
from api.passwords.hashing import Hashing
from api.passwords.policy import PasswordPolicy, WeakPassword
from shared.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class NewPasswords:
    """The policy, the lookup of leaked passwords if it is on, the formats of hashes, and hashing."""

    policy: PasswordPolicy
    breaches: RangeService | None
    formats: HashFormats
    hashing: Hashing

    def check(self, password: str, address: str, old: str = "") -> None:
        """Refuse a password that the owner of an address must not set, or whose hash must not replace the old one.

        Raises HashOfAnotherFormat, HashTooExpensive and WeakPassword.
        """
        if old:
            self.formats.for_new(old)
        self.policy.check(password, address)

    def hash(self, password: str, old: str = "") -> str:
        """Look a checked password up among leaked ones, and return the hash that replaces the old one.

        Raises WeakPassword, BreachCheckAway and HashingBusy, and what a database raises.
        """
        if self.breaches:
            self.breaches.check(password)
        new = self.formats.for_new(old)
        like = old if new.replaces(old) else ""
        if old and not like:
            log.warning("hash_replaced", old=self.formats.shape(old), new=new.title)

        def hash_() -> str:
            if old and self.formats.is_hash_of(old, password):
                raise WeakPassword(["same_as_old"])
            made = new.hash(password, like)
            if not new.has_shape(made):
                raise HashTooExpensive  # Its parameters are beyond what its format can say.
            return made

        return self.hashing.run(hash_, max(new.memory(like), self.formats.memory(old)))
