"""The keys in Redis, which must not change while systems use them."""

from shared.redis_keys import Key

STORED = {
    "JOBS": "outbox:jobs",
    "LANE": "outbox:lane:",
    "LANES": "outbox:lanes",
    "AGAIN": "outbox:again",
    "QUEUED": "outbox:queued",
    "LEASED": "outbox:leased",
    "LATER": "outbox:later",
    "REQUESTS": "outbox:requests",
    "NOTICES": "outbox:notices",
    "LEASE_OWNER": "outbox:holder",
    "ATTEMPTS": "outbox:tries",
    "LOST_LEASES": "outbox:lost",
    "UNANSWERED": "outbox:unsure",
    "UNEXPECTED": "outbox:unexpected",
    "DEAD": "outbox:dead",
    "BURIED": "outbox:buried",
    "SETTLED": "outbox:settled:",
    "PACE": "outbox:pace",
    "QUEUE": "latchkey",
    "HISTORY": "history:",
    "HISTORY_OFF": "history:off",
    "METRICS": "metrics",
    "HASHING": "metrics:hashing",
    "BATCH": "metrics:batch:",
    "HEARTBEAT": "worker:heartbeat",
    "WORKERS": "worker:states",
    "REHEARSAL": "latchkey:rehearsal",
    "SWEEPER": "worker:sweeper",
    "LIMITS": "limit:",
    "NETWORKS": "limit:networks:",
    "KOMBU_BINDING": "_kombu.binding.latchkey",
}


def test_a_key_is_the_same_in_every_version() -> None:
    assert {key.name: key.value for key in Key} == STORED
