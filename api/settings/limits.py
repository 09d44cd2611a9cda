"""Limits as settings: `30/minute;300/hour`."""

from typing import Annotated, NamedTuple

from limits import RateLimitItem, parse_many
from pydantic import AfterValidator

from shared.log import get_logger

MAX_WINDOW = 366 * 86400  # Seconds.
MAX_AMOUNT = 1_000_000

log = get_logger(__name__)


class ClientLimits(NamedTuple):
    """The limits on one kind of request by the parts of a client's address, from coarse to fine.

    network: its IPv4 /24 or IPv6 /48. site: its IPv6 /56; IPv4 has none. own: its IPv4 address or IPv6 /64.
    """

    network: str
    site: str
    own: str

    @classmethod
    def around(cls, own: str, network: str = "") -> "ClientLimits":
        """Return the limits of a client with those of its site and, unless they are given, of its network.

        A provider gives a household an IPv6 /56 or /64 and a company a /48 (RFC 6177); the multiples leave room for
        several people behind each. A site's requests also count for its network, so it never gets more than that.
        """
        return cls(network or times(own, 10), times(own, 3), own)


def checked_limits(value: str) -> str:
    """Return the limits in the order in which they are checked, each once.

    Raises ValueError.
    """
    try:
        items = parse_many(value)
    except ValueError:
        raise ValueError("is not a limit") from None
    if any(item.get_expiry() > MAX_WINDOW or not 0 < item.amount <= MAX_AMOUNT for item in items):
        raise ValueError("is out of range (1 to 1000000 in at most 366 days)")
    shortest_first = sorted(dict.fromkeys(items), key=RateLimitItem.get_expiry)
    # Flask-Limiter checks limits in the order of their units, 90 minutes before an hour: what the shorter one refuses
    # would count against the longer one. It counts a repeated limit twice. Within a unit it keeps the order.
    if sorted(items, key=lambda item: item.GRANULARITY.seconds) == shortest_first:
        return value
    return ";".join(f"{item.amount}/{item.get_expiry()} seconds" for item in shortest_first)


def times(limits: str, factor: int) -> str:
    """Return limits that allow a multiple of what these do."""
    return ";".join(f"{factor * item.amount}/{item.multiples} {item.GRANULARITY.name}" for item in parse_many(limits))


def log_long_quota(quota: str, link_age: int) -> None:
    """Warn of a quota of an address that may stay used up for longer than a link lives, in seconds."""
    window = max(item.get_expiry() for item in parse_many(quota))
    if window > link_age:
        hint = (
            f"FORGOT_LIMIT_PER_EMAIL may stay used up for {window} seconds, and a link lives for {link_age} "
            "(RESET_TOKEN_MAX_AGE). Strangers can use up the quota of somebody's address, who then gets only one email "
            "to each network within the life of a link. Leave it empty, or shorten its windows."
        )
        log.warning("quota_outlives_links", hint=hint)


Limits = Annotated[str, AfterValidator(checked_limits)]
