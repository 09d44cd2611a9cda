"""A row of the users table, and whether it may get a link."""

from dataclasses import dataclass

from shared.addresses import InvalidAddress, normalise


@dataclass(frozen=True)
class User:
    """A row of the users table, as far as Latchkey needs it."""

    id: str
    address: str
    password_hash: str

    @property
    def mailbox(self) -> str:
        """The mailbox that may get a link; empty if the address is invalid or the account has no password.

        For an account without a password, Django stores `!`, and other software `*` or nothing.
        """
        if not self.password_hash or self.password_hash[0] in "!*":
            return ""
        try:
            return normalise(self.address)
        except InvalidAddress:
            return ""
