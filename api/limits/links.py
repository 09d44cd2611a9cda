"""How often the links of a user may be used, and whether they have been tried."""

from flask import g
from flask_limiter import Limiter
from limits import RateLimitItemPerSecond, parse_many

from api.limits.clients import hashed
from api.limits.counting import LINK
from api.limits.limits import refuse
from api.ops.counters import Counters

TRIED = "tried"  # The scope in the keys of links that have been tried.
REFUSAL_COST = 5  # Uses that a refusal counts which took a look-up or a hash: half of the default limit.


class LinkUses:
    """Counts the uses of genuine links. All links of a user share a fingerprint, and are counted together.

    Without it, one link and many addresses could occupy all hashing slots. The methods raise RedisError.
    """

    def __init__(self, limiter: Limiter, limit: str, max_age: int, counters: Counters, key: bytes) -> None:
        self._limiter = limiter
        self._limits = parse_many(limit)
        self._try = RateLimitItemPerSecond(1, max_age)
        self._key = key
        on_breach = refuse(counters, "resets_limited", "link")

        @limiter.shared_limit(limit, LINK, key_func=lambda: str(g.link), on_breach=on_breach)
        def judge() -> None:
            """Do nothing: the decorator checks the limit."""

        self._judge = judge

    def count(self, link: str) -> None:
        """Count a use. Raises RateLimitExceeded."""
        g.link = self._name(link)
        self._judge()

    def count_refusal(self, link: str) -> None:
        """Count a use harder, after the fact: its password was refused only after a look-up or a hash."""
        for limit in self._limits:
            self._limiter.limiter.hit(limit, self._name(link), LINK, cost=REFUSAL_COST - 1)

    def is_tried(self, link: str) -> bool:
        """Tell whether somebody has got as far as a look-up or a hash with a link of this user."""
        return not self._limiter.limiter.test(self._try, self._name(link), TRIED)

    def note_try(self, link: str) -> None:
        """Note that a look-up or a hash begins, for as long as a link lives."""
        self._limiter.limiter.hit(self._try, self._name(link), TRIED)

    def _name(self, link: str) -> str:
        return hashed(f"link:{link}", self._key)
