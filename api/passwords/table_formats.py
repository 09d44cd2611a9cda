"""The formats of the hashes that the users table holds, by a sample of its rows."""

import time
from collections import Counter

from api.passwords.formats.formats import HashFormats, HashOfAnotherFormat
from api.passwords.formats.hash_format import HashFormat
from shared.failures import ProbeFailed
from shared.users.user import User
from shared.users.users import Users

REMEMBERED = 60.0  # Seconds.
NONE_FITS = (
    "None of {total} password hashes looked at may be replaced, so no reset works. Their shapes: {shapes}. Correct "
    "USERS_HASH_FORMAT, or USERS_PASSWORD_COLUMN."
)
SOME_DO_NOT = (
    "{number} of {total} password hashes looked at may not be replaced: a reset of such an account gets 503. Their "
    "shapes: {shapes}. If your application reads these as well as the format of USERS_HASH_FORMAT, set "
    "USERS_HASH_REPLACE=true."
)


class TableFormats:
    """Looks at the first rows of the table, at most once a minute."""

    def __init__(self, users: Users, formats: HashFormats) -> None:
        self._users, self._formats = users, formats
        self._sample: list[str] = []
        self._marks = False  # Whether some accounts have a mark instead of a hash.
        self._looked_at = float("-inf")

    def usual(self) -> HashFormat:
        """Return the format of most hashes; that of a table of our own if there is nothing to go by.

        Raises HashOfAnotherFormat if most hashes are of no known format, or if there are only marks of accounts without
        one, which tell nothing. Raises UsersTableError or SQLAlchemyError.
        """
        usable = self._hashes()
        if not usable and not self._marks:
            return self._formats.narrowest
        formats = Counter(map(self._formats.written_over, usable))
        found = formats.most_common(1)[0][0] if formats else None
        if found is None:
            raise HashOfAnotherFormat(self._formats.shape(usable[0]) if usable else "of a mark", "auto", "")
        return found

    def check(self) -> None:
        """Raise ProbeFailed if the table has hashes, and none of them may be replaced."""
        sample, unfit = self._hashes(), self._unfit()
        if sample and len(unfit) == len(sample):
            raise ProbeFailed(NONE_FITS.format(total=len(sample), shapes=self._shapes(unfit)))

    def check_all(self) -> None:
        """Raise ProbeFailed if some hashes may not be replaced, and others may."""
        sample, unfit = self._hashes(), self._unfit()
        if 0 < len(unfit) < len(sample):
            told = SOME_DO_NOT.format(number=len(unfit), total=len(sample), shapes=self._shapes(unfit))
            raise ProbeFailed(told)

    def _unfit(self) -> list[str]:
        return [stored for stored in self._hashes() if not self._formats.may_replace(stored)]

    def _shapes(self, hashes: list[str]) -> str:
        return ", ".join(sorted(set(map(self._formats.shape, hashes))))

    def _hashes(self) -> list[str]:
        if time.monotonic() - self._looked_at > REMEMBERED:
            stored = self._users.some_hashes()
            self._sample = [text for text in stored if User("", "", text).has_password]
            self._marks = len(stored) > len(self._sample)
            self._looked_at = time.monotonic()
        return self._sample
