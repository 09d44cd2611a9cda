"""Every key that Latchkey stores in Redis, for Python and for Lua scripts.

Never change a key, even if its name here changes: it is in the Redis of running systems, and during an upgrade an old
API works with a new worker, or the reverse. Scripts get these names as constants and not as KEYS: the keys are fixed,
and Redis Cluster, which would need KEYS, cannot be a Celery broker.
"""

from collections.abc import Mapping
from enum import StrEnum

MICROSECONDS = 1_000_000  # Per second.


class Key(StrEnum):
    """A key, or a prefix if it ends with a colon. Times are in microseconds since 1970."""

    # A job is in JOBS and in exactly one lane, AGAIN, LEASED or LATER until it is finished. A job that was dropped or
    # cancelled while it waited is only deleted from JOBS: whoever takes its id from a lane passes over it.
    JOBS = "outbox:jobs"  # Hash: id -> entry.
    LANE = "outbox:lane:"  # + lane: list of "time id", newest first: jobs that were accepted and not yet looked at.
    LANES = "outbox:lanes"  # List: the lanes with jobs, in the order of their turns.
    AGAIN = "outbox:again"  # List: ids of jobs to be tried again. They take turns with all lanes together.
    LEASED = "outbox:leased"  # Sorted set: id -> when the lease of a worker ends.
    LATER = "outbox:later"  # Sorted set: id -> when to try it again.
    QUEUED = "outbox:queued"  # Sorted set: ids. APIs before lanes put their jobs here; the worker still takes them.
    # Requests for links and change notices by time of acceptance, to drop what is too old, wherever it waits.
    REQUESTS = "outbox:requests"  # Sorted set.
    NOTICES = "outbox:notices"  # Sorted set.
    LEASE_OWNER = "outbox:holder"  # Hash: id -> who holds the lease.
    ATTEMPTS = "outbox:tries"  # Hash: id -> how many attempts failed temporarily.
    LOST_LEASES = "outbox:lost"  # Hash: id -> how often its worker died.
    UNANSWERED = "outbox:unsure"  # Hash: id -> how often the relay may have accepted the email.
    UNEXPECTED = "outbox:unexpected"  # Hash: id -> how often it failed for a reason that nobody thought of.
    DEAD = "outbox:dead"  # Hash: id -> JSON of reason, time and entry.
    BURIED = "outbox:buried"  # Sorted set: id -> when it was buried.
    SETTLED = "outbox:settled:"  # + id: finished recently, so a late repeat is not accepted again.
    PACE = "outbox:pace"  # Hash: how many jobs workers take a second, and how long a job may wait for that.
    QUEUE = "latchkey"  # List: Celery's own queue. A message in it says that jobs wait.

    HISTORY = "history:"  # + address hash, and + ":limited" for requests over the quota: list of lines.
    HISTORY_OFF = "history:off"  # While it exists, Redis is short of memory, and no histories are written.
    METRICS = "metrics"  # Hash: counter, or counter:label -> number, of both programs. See api/ops/counters.py.
    HASHING = "metrics:hashing"  # Sorted set: process:number of passwords that wait -> when that was counted.
    BATCH = "metrics:batch:"  # + process: the number of the last batch of counts that was added.
    HEARTBEAT = "worker:heartbeat"  # Exists while a worker takes jobs.
    WORKERS = "worker:states"  # Hash: worker -> JSON: when it last told, in seconds, and which of its probes fail.
    SWEEPER = "worker:sweeper"  # Which worker sweeps.
    REHEARSAL = "latchkey:rehearsal"  # Never written: the worker tries to wait for a message here.
    # The names of clients, addresses and links in limits are keyed hashes.
    LIMITS = "limit:"  # + what Flask-Limiter writes: a count.
    NETWORKS = "limit:networks:"  # + address: set of the networks that asked for it lately, as numbers.
    KOMBU_BINDING = "_kombu.binding.latchkey"  # Celery's own.


def lua_constants(values: Mapping[str, object]) -> str:
    """Return the lines of Lua that define constants."""
    return "".join(f"local {name} = {value}\n" for name, value in values.items())


LUA_KEYS = lua_constants({key.name: f"'{key}'" for key in Key})
