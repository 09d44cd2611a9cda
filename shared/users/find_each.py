"""Find the users of several addresses with one query: what is accepted must cost less to finish than to accept."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError, ProgrammingError

from shared.addresses import lower, normalise, spellings
from shared.users.look_up import MAX_ROWS, MAX_ROWS_TOGETHER
from shared.users.user import User

# Every query would fail in the same way: the database is away, or does not fit the settings.
_FOR_ALL = (OperationalError, InterfaceError, ProgrammingError)

Found = Mapping[str, Sequence[User] | Exception]
Read = Callable[[Sequence[str]], list[User]]
Find = Callable[[str], list[User]]


def find_each(addresses: Sequence[str], read: Read, find: Find) -> Found:
    """Return for each address its users, in the order of `find`, or the error of its own look-up.

    One address must not fail the others: if the database refuses them together, each is looked up alone. read: reads
    the rows of spellings, in any order; find: looks one address up. Raises SQLAlchemyError if it concerns all.
    """
    try:
        return _together(addresses, read, find)
    except DataError:
        # Some encodings of databases lack characters of these.
        alone = [address for address in addresses if not address.isascii()]
    except _FOR_ALL:
        raise
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        alone = list(addresses)
    try:
        found = _together([address for address in addresses if address not in alone], read, find)
    except DataError:
        found, alone = {}, list(addresses)
    return found | {address: _alone(address, find) for address in alone}


def _together(addresses: Sequence[str], read: Read, find: Find) -> dict[str, Sequence[User] | Exception]:
    if not addresses:
        return {}
    rows = read([form for address in addresses for form in spellings(address)])
    if len(rows) > MAX_ROWS_TOGETHER:
        return {address: _alone(address, find) for address in addresses}
    return _by_address(addresses, rows)


def _by_address(addresses: Sequence[str], rows: Sequence[User]) -> dict[str, Sequence[User] | Exception]:
    by_mailbox: dict[str, list[User]] = {}
    for user in dict.fromkeys(rows):
        by_mailbox.setdefault(user.mailbox, []).append(user)
    return {address: _in_order(address, by_mailbox.get(normalise(address), [])) for address in addresses}


def _in_order(address: str, users: Sequence[User]) -> list[User]:
    """Sort as the query for one address does: see LookUp."""
    ranks = {lower(address): 1, address: 0}
    return sorted(users, key=lambda user: (not user.active, ranks.get(user.address, 2), user.id))[:MAX_ROWS]


def _alone(address: str, find: Find) -> Sequence[User] | Exception:
    try:
        return find(address)
    except _FOR_ALL:
        raise
    except Exception as error:
        return error
