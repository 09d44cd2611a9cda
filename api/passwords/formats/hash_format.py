"""What every format of stored passwords can do."""

import re
from abc import ABC, abstractmethod
from typing import ClassVar, Literal

Unit = Literal["characters", "bytes"]
MAX_CHARACTERS = 256
MAX_MEMORY = 256  # MiB. A stored hash that needs more is not computed.


class HashFormat(ABC):
    """A format in which an application stores passwords.

    name: as USERS_HASH_FORMAT has it. title: as log lines call its hashes. shape: what its hashes look like. length:
    the characters of a new hash with usual parameters. older: what older hashes of the same application look like,
    which it still reads, and over which a new one may be written.
    max_length, max_length_unit: longer passwords would be cut, or refused by the application.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    shape: ClassVar[str]
    length: ClassVar[int]
    older: ClassVar[tuple[str, ...]] = ()
    max_length: ClassVar[int] = MAX_CHARACTERS
    max_length_unit: ClassVar[Unit] = "characters"

    def has_shape(self, stored: str) -> bool:
        """Tell whether a stored hash is in this format."""
        return re.fullmatch(self.shape, stored, re.ASCII) is not None

    def replaces(self, stored: str) -> bool:
        """Tell whether a hash in this format may be written over a stored one, because the application reads both."""
        return any(re.fullmatch(shape, stored, re.ASCII) for shape in (self.shape, *self.older))

    def is_bearable(self, stored: str) -> bool:  # noqa: ARG002 - some formats need no bound
        """Tell whether computing a hash with the parameters of a stored one, in this format, takes at most seconds."""
        return True

    def memory(self, old: str) -> int:  # noqa: ARG002 - most formats need little
        """Return how many MiB it takes to compute a hash as expensive as an old one."""
        return 0

    @abstractmethod
    def verify(self, stored: str, password: str) -> bool:
        """Tell whether a stored and bearable hash in this format is that of a password."""

    @abstractmethod
    def hash(self, password: str, old: str = "") -> str:
        """Return the hash of a password, with parameters at least as expensive as those of an old hash."""
