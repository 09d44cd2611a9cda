"""Fills a limiter with many clients: the API counts a first one, and its keys are copied for all the others."""

from redis import Redis

from api.limits.clients import Client, client_at
from benchmarks.load import one_by_one
from benchmarks.sides import Side, client_address
from shared.outbox.jobs import hash_keys
from shared.settings.settings import KeySettings
from tests.support.servers import wait_until

CHUNK = 2000
WRITTEN = 120.0  # Seconds for Redis to rewrite its append-only file.
COPY = """
local payload, ttl = redis.call('DUMP', KEYS[1]), redis.call('PTTL', KEYS[1])
for _, key in ipairs(ARGV) do redis.call('RESTORE', key, math.max(0, ttl), payload, 'REPLACE') end
"""


def fill(side: Side, number: int) -> None:
    """Add this many clients to the limiter, without knowing the format of its keys and values.

    Raises RuntimeError if no key contains a client's name, or if the API uses other keys than the copied ones.
    """
    client, (key, *_) = side.store.client, hash_keys(KeySettings.load(side.services.environ(0, side.store)))
    first, *others = (client_at(client_address(each), key) for each in range(number))
    one_by_one(side.door.port, [side.drawn.request(0)])
    templates = _keys_of(client, first)
    copy = client.register_script(COPY)
    for template in templates:
        for begin in range(0, len(others), CHUNK):
            copy(keys=[template], args=[_renamed(template, first, other) for other in others[begin : begin + CHUNK]])
    copied = sum(client.exists(_renamed(template, first, others[-1])) for template in templates)
    one_by_one(side.door.port, [side.drawn.request(number - 1)])
    counted = len(_keys_of(client, others[-1]))
    if not templates or not len(templates) == copied == counted:
        raise RuntimeError(f"{len(templates)} keys per client, {copied} copied, {counted} after a request")
    wait_until(lambda: not client.info("persistence")["aof_rewrite_in_progress"], "Redis keeps rewriting", WRITTEN)


def _keys_of(redis: Redis, client: Client) -> list[str]:
    """Return the counters of a client and of its networks."""
    return [str(key) for name in client if name for key in redis.scan_iter(f"*{name}*", CHUNK)]


def _renamed(template: str, client: Client, other: Client) -> str:
    """Return the counter of another client that corresponds to one of this client."""
    for name, other_name in zip(client, other, strict=True):
        if name and name in template:
            return template.replace(name, other_name)
    raise ValueError(template)
