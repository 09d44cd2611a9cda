"""A row of the users table, and what its owner is offered who asks for a link."""

import re
from dataclasses import dataclass
from typing import Literal

from shared.addresses import InvalidAddress, normalise
from shared.settings.users_table import WithoutPassword

Offer = Literal["", "reset", "first_password", "sign_in"]
_FIRST: dict[WithoutPassword, Offer] = {"silent": "", "tell": "sign_in", "set": "first_password"}
# Django's mark of an account without a password: 40 random letters and digits (`make_password`). Hexadecimal digits
# alone are a SHA-1 that somebody has locked.
_UNUSABLE = re.compile(r"!(?![0-9a-f]{40}\Z|[0-9A-F]{40}\Z)[A-Za-z0-9]{40}", re.ASCII)


@dataclass(frozen=True)
class User:
    """A row of the users table, as far as Latchkey needs it.

    password_hash: empty for NULL. active: whether the row meets USERS_FILTER. name and locale: fit to be used in
    emails; empty if unknown.
    """

    id: str
    address: str
    password_hash: str
    active: bool = True
    name: str = ""
    locale: str = ""

    @property
    def mailbox(self) -> str:
        """The mailbox of the stored address; empty if that is not one plain address."""
        try:
            return normalise(self.address)
        except InvalidAddress:
            return ""

    @property
    def has_password(self) -> bool:
        """Whether the account has a usable password: something that no mark of `is_locked` stands before."""
        return self._hash != "" and self._hash[0] not in "!*"

    @property
    def is_locked(self) -> bool:
        """Whether a mark locks the account: usermod(8) puts `!` before the hash, other software `*`, `!!` or `*LK*`.

        Only nothing, a mark alone and Django's mark mean that there never was a password.
        """
        unused = self._hash in {"", "!", "*"} or _UNUSABLE.fullmatch(self._hash)
        return not unused and not self.has_password

    @property
    def _hash(self) -> str:
        return self.password_hash.strip()

    def offer(self, without_password: WithoutPassword) -> Offer:
        """Return what the owner is offered: a link for a new or a first password, how to sign in, or nothing."""
        if not self.active or not self.mailbox or self.is_locked:
            return ""
        return "reset" if self.has_password else _FIRST[without_password]
