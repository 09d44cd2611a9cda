"""The rules for setting a new password, without Flask."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Semaphore

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.limits.links import LinkUses
from api.ops.last_refusal import LastRefusal
from api.passwords.new_password import NewPasswords
from api.passwords.policy import WeakPassword
from shared.database.failures import is_lasting, is_of_a_trigger
from shared.log import get_logger
from shared.outbox.jobs import Job
from shared.outbox.outbox import Outbox
from shared.tokens import InvalidToken, TokenClaims, Tokens
from shared.users.password_change import CommitUnanswered, UpdateIgnored
from shared.users.table import UsersTableError
from shared.users.user import User
from shared.users.users import Users

NOTICE_DELAY = 60  # Seconds; longer than the rest of a reset takes.

# Compared if an id has no row. The hash and the address are as long as usual.
_NOBODY = User("", "nobody@latchkey.invalid", "$2b$12$" + "." * 53)

log = get_logger(__name__)


class ResetsBusy(Exception):
    """Resets and link checks block as many server threads as they may."""

    hint = "Many resets at once, or a slow database. If it lasts, check the database, or raise WEB_THREADS."


@dataclass(frozen=True)
class Resets:
    """Sets passwords for users with a link. `slots`: how many server threads resets and checks may block together."""

    tokens: Tokens
    users: Users
    passwords: NewPasswords
    slots: Semaphore
    uses: LinkUses
    outbox: Outbox
    address_key: bytes
    refusal: LastRefusal

    def check(self, token: str) -> datetime:
        """Return when the link expires.

        Raises InvalidToken, RateLimitExceeded and ResetsBusy.
        """
        claims = self._verify(token)
        # Otherwise frequent checks of one link could block every thread while the database is slow.
        with self._slot():
            self._user_of(claims)
        return claims.expires_at

    def reset(self, token: str, password: str, requester: dict[str, str]) -> None:
        """Set the password of the user that the token was issued for, once.

        The notice is queued before the change, with a delay, so that it is sent even if this process dies right after
        the commit. The worker drops it if nobody confirmed it and the old password is still stored.

        Raises InvalidToken, RateLimitExceeded, WeakPassword, BreachCheckAway, HashingBusy, ResetsBusy, RedisError,
        SQLAlchemyError or UpdateIgnored with nothing changed, and CommitUnanswered.
        """
        claims = self._verify(token)
        link, again = claims.fingerprint, self.uses.is_tried(claims.fingerprint)
        # Before the query, so that a refusal costs half and a slow database blocks only as many threads as slots.
        with self.passwords.hashing.slot(link, again=again), self._slot():
            user = self._user_of(claims)
            self._set(user, self._hash(link, user, password), requester)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Hold a slot, without waiting for one: a thread that waits is blocked as well.

        Raises ResetsBusy if none is free.
        """
        if not self.slots.acquire(blocking=False):
            raise ResetsBusy
        try:
            yield
        finally:
            self.slots.release()

    def _verify(self, token: str) -> TokenClaims:
        claims = self.tokens.verify(token)
        self.uses.count(claims.fingerprint)
        return claims

    def _hash(self, link: str, user: User, password: str) -> str:
        """Check and hash the password. A refusal after the cheap checks has kept others waiting, and counts harder."""
        old = user.password_hash if user.has_password else ""
        self.passwords.check(password, user.address, old)
        self.uses.note_try(link)
        try:
            return self.passwords.hash(password, old)
        except WeakPassword:
            self.uses.count_refusal(link)
            raise

    def _set(self, user: User, password_hash: str, requester: dict[str, str]) -> None:
        """Store the hash, and queue the notice."""
        notice = Job.password_changed(
            user.address, self.address_key, user_id=user.id, password_hash=user.password_hash, **requester
        ).about(user.name, user.locale)
        self.outbox.add_delayed(notice, NOTICE_DELAY)
        won = self._change(user, password_hash, notice)
        self._decide(notice, won=won)
        if not won:
            raise InvalidToken
        self.refusal.forget()
        log.info("password_reset", user=user.id)

    def _change(self, user: User, password_hash: str, notice: Job) -> bool:
        """Store the hash; if that fails, cancel the notice. Tell whether the user was still as loaded."""
        try:
            return self.users.set_password(user, password_hash)
        except CommitUnanswered:
            raise  # The password may be set: the worker decides.
        except (SQLAlchemyError, UsersTableError, UpdateIgnored) as error:
            self._decide(notice, won=False)
            # A trigger's own refusal may concern this user alone, who must not make the service look degraded.
            lasts = isinstance(error, UpdateIgnored) or is_lasting(error)
            if lasts and not is_of_a_trigger(error):
                self.refusal.note(error)
            raise

    def _decide(self, notice: Job, *, won: bool) -> None:
        """Send the notice or cancel it. If Redis is down by now, the worker decides by the stored password."""
        try:
            if won:
                self.outbox.promote(notice.id, "confirmed")
            else:
                self.outbox.cancel(notice.id)
        except RedisError as error:
            log.warning("notice_undecided", error=type(error).__name__)

    def _user_of(self, claims: TokenClaims) -> User:
        """Load the user that a genuine token is for.

        The work is the same for a link that was used and for an account that is gone: a link's holder must not learn
        from the time which it is. Raises InvalidToken if the user is gone, or has changed since the token was issued.
        """
        rows = self.users.with_link(claims.user_id)
        for user in rows or [_NOBODY]:
            if claims.holds_for(user.password_hash, user.address) and rows:
                return user
        raise InvalidToken
