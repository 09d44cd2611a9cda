"""Fills a limiter with many clients: the API counts a first one, and its keys are copied for all the others."""

from benchmarks.load import one_by_one
from benchmarks.sides import Side, client_address
from tests.support.servers import wait_until

CHUNK = 2000
WRITTEN = 120.0  # Seconds for Redis to rewrite its append-only file.
COPY = """
local payload, ttl = redis.call('DUMP', KEYS[1]), redis.call('PTTL', KEYS[1])
for _, key in ipairs(ARGV) do redis.call('RESTORE', key, math.max(0, ttl), payload, 'REPLACE') end
"""


def fill(side: Side, number: int) -> None:
    """Add this many clients to the limiter, without knowing the format of its keys and values.

    Raises RuntimeError if no key contains a client's address, or if the API uses other keys than the copied ones.
    """
    first, last, client = client_address(0), client_address(number - 1), side.store.client
    one_by_one(side.door.port, [side.drawn.request(0)])
    templates = [str(key) for key in client.scan_iter(f"*{first}*")]
    copy = client.register_script(COPY)
    for template in templates:
        for begin in range(1, number, CHUNK):
            others = range(begin, min(begin + CHUNK, number))
            copy(keys=[template], args=[template.replace(first, client_address(other)) for other in others])
    copied = sum(client.exists(template.replace(first, last)) for template in templates)
    one_by_one(side.door.port, [side.drawn.request(number - 1)])
    counted = sum(1 for _ in client.scan_iter(f"*{last}*", CHUNK))
    if not templates or not len(templates) == copied == counted:
        raise RuntimeError(f"{len(templates)} keys per client, {copied} copied, {counted} after a request")
    wait_until(lambda: not client.info("persistence")["aof_rewrite_in_progress"], "Redis keeps rewriting", WRITTEN)
