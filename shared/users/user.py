"""A row of the users table, and what its owner is offered who asks for a link."""

import re
from dataclasses import dataclass
from typing import Literal

from shared.addresses import InvalidAddress, normalise
from shared.settings.settings import WithoutPassword

Offer = Literal["", "reset", "first_password", "sign_in"]
_FIRST: dict[WithoutPassword, Offer] = {"silent": "", "tell": "sign_in", "set": "first_password"}
# A mark before a hash locks an account that has a password: usermod(8) puts "!" there, other software "*".
_LOCKED = re.compile(r"[!*].*[$:].*", re.DOTALL)


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
        """Whether the account has a usable password. Without one, Django stores `!...`, others `*` or nothing."""
        return self.password_hash.strip() != "" and self.password_hash[0] not in "!*"

    def offer(self, without_password: WithoutPassword) -> Offer:
        """Return what the owner is offered: a link for a new or a first password, how to sign in, or nothing."""
        if not self.active or not self.mailbox or _LOCKED.fullmatch(self.password_hash):
            return ""
        return "reset" if self.has_password else _FIRST[without_password]
