"""What the scripts need that count requests: the limits as Lua, with the keys that Flask-Limiter gives them."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import g
from limits import parse_many

from api.limits.clients import Identify
from api.settings.limits import ClientLimits
from shared.connections.quick_script import QuickScript
from shared.outbox.outbox import Outbox, read_lua
from shared.redis_keys import Key, lua_constants

FORGOT, ADDRESS, RESET, LINK = "forgot", "address", "reset", "link"  # The scopes in the limits' keys.


def scope_of(kind: str, level: str) -> str:
    """Return the scope of the limits of a level of ClientLimits on a kind of request."""
    return kind if level == "own" else f"{kind}/{level}"


def client_limits(limits: ClientLimits, kind: str) -> str:
    """Write the limits of a client as a Lua table, coarse before fine."""
    levels = enumerate(limits._asdict().items(), start=1)
    return _table(row for level, (name, texts) in levels for row in _rows(texts, scope_of(kind, name), level))


def address_limits(limits: str) -> str:
    """Write the quota of an address as a Lua table."""
    return _table(_rows(limits, ADDRESS, 1))


def script_of_limits(outbox: Outbox, constants: dict[str, object], body: str, trusted_for: float = 0.0) -> QuickScript:
    """Register a script that may use the functions of api/limits/limits.lua."""
    return outbox.script(lua_constants(constants) + read_lua("api.limits", "limits") + body, trusted_for=trusted_for)


def make_count(outbox: Outbox, limits: ClientLimits, kind: str, identify: Identify) -> Callable[[Any], Any]:
    """Return a function that counts a request against the limits of its client, for `takes` to call with the body."""
    script = script_of_limits(outbox, {"CLIENT_LIMITS": client_limits(limits, kind)}, read_lua("api.limits", "count"))

    def count(body: Any) -> Any:
        """Return the body. If a limit is used up, store in `g` what Flask-Limiter needs to check it.

        Raises RedisError.
        """
        tell(script([*identify()]))
        return body

    return count


def tell(counts: list[Any]) -> None:
    """Store keys and their counts, as a script returns them, for Flask-Limiter to judge."""
    if counts:
        g.counts = dict(zip(counts[::2], counts[1::2], strict=True))


def _table(rows: Iterable[str]) -> str:
    return f"{{{', '.join(rows)}}}"


def _rows(limits: str, scope: str, level: int) -> list[str]:
    """Write each limit as limits.lua reads it."""
    rows = []
    for item in parse_many(limits):
        before, after = item.key_for("WHO", scope).split("WHO")
        rows.append(f"{{{level}, {item.amount}, {item.get_expiry()}, '{Key.LIMITS}{before}', '{after}'}}")
    return rows
