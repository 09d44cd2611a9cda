"""The rules of setting a new password. No Flask in here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Semaphore

from redis.exceptions import RedisError

from api.passwords.new_password import NewPasswords
from shared.log import get_logger
from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox
from shared.tokens import InvalidToken, TokenClaims, Tokens
from shared.users.table import User, Users

NOTICE_DELAY = 60  # Seconds: longer than the rest of a reset takes, hashing queue included.

log = get_logger(__name__)


class ResetsBusy(Exception):
    """Resets and checks hold up as many threads of the server as they may."""


@dataclass(frozen=True)
class Resets:
    """Sets passwords for those who hold a link. `slots`: how many threads of the server they may hold up together."""

    tokens: Tokens
    users: Users
    passwords: NewPasswords
    slots: Semaphore
    count_use: Callable[[str], None]
    outbox: Outbox
    address_key: bytes

    def check(self, token: str) -> datetime:
        """Return when the link expires.

        Raises InvalidToken, RateLimitExceeded and ResetsBusy.
        """
        claims = self._verify(token)
        # A slow database would hold every thread, by one link that is asked about often enough.
        with self._slot():
            self._user_of(claims)
        return claims.expires_at

    def reset(self, token: str, password: str, requester: dict[str, str]) -> None:
        """Set the password of the user the token was made for, once.

        The notice mail is accepted before the change and held back, so that it goes out even if this process dies
        right after the commit; the worker drops it while the old password is still stored.

        Raises InvalidToken, RateLimitExceeded, WeakPassword, BreachCheckAway, HashingBusy, ResetsBusy, and RedisError
        or SQLAlchemyError with nothing changed.
        """
        claims = self._verify(token)
        # Before the database is asked: a refusal costs half, and a slow database holds no more resets than this.
        with self.passwords.hashing.slot(claims.fingerprint), self._slot():
            self._set(self._user_of(claims), password, requester)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Hold a slot. No thread waits for one, because a thread that waits is held up as well.

        Raises ResetsBusy where none is free.
        """
        if not self.slots.acquire(blocking=False):
            raise ResetsBusy
        try:
            yield
        finally:
            self.slots.release()

    def _verify(self, token: str) -> TokenClaims:
        claims = self.tokens.verify(token)
        self.count_use(claims.fingerprint)
        return claims

    def _set(self, user: User, password: str, requester: dict[str, str]) -> None:
        """Judge, hash and store the password, with its notice."""
        password_hash = self.passwords.hash(password, user.address, user.password_hash)
        notice = Job.password_changed(
            user.address, self.address_key, user_id=user.id, password_hash=user.password_hash, **requester
        )
        self.outbox.add_delayed(notice, NOTICE_DELAY)
        won = self.users.set_password(user, password_hash)
        self._decide(notice, won=won)
        if not won:
            raise InvalidToken
        log.info("password_reset", user=user.id)

    def _decide(self, notice: Job, *, won: bool) -> None:
        """Let the notice go, or take it back. If Redis is away by now, the worker decides by what is stored."""
        try:
            if won:
                self.outbox.promote(notice.id, "confirmed")
            else:
                self.outbox.cancel(notice.id)
        except RedisError as error:
            log.warning("notice_undecided", error=type(error).__name__)

    def _user_of(self, claims: TokenClaims) -> User:
        """Load the user that a genuine token is for.

        Raises InvalidToken where it was made for a state that is over.
        """
        user = self.users.get(claims.user_id)
        if user is None or not claims.holds_for(user.password_hash, user.address):
            raise InvalidToken
        return user
