"""Jobs: what an accepted one says, the message that carries its id, and the Celery settings of both sides.

The message carries the id alone. Whoever reads Flower, task events or the broker sees no address.
"""

import hashlib
import hmac
import json
import ssl
import time
from dataclasses import dataclass
from typing import Any, Literal, Self

from kombu import Queue
from pydantic_core import to_json

from shared.ids import RandomIds
from shared.settings.redis_url import SentinelAddress
from shared.settings.settings import KeySettings

QUEUE = "latchkey"
DELIVER = "latchkey.deliver"
HEARTBEAT_KEY = "worker:heartbeat"

new_id = RandomIds(32)
"""Makes the id of a job."""

Kind = Literal["forgot", "over_quota", "reset", "password_changed"]


@dataclass(frozen=True)
class Job:
    """One accepted request, as it waits in the outbox.

    forgot: find the users of `address` and mail each a link.
    over_quota: the same request over its address's quota: nothing to do, and as much work for the API.
    reset: mail a link to `user_id`, one of several users who share `address`.
    password_changed: tell `address` that the password of `user_id` was changed, unless the one behind `old_state` is
    stored still: then the change never came.
    """

    id: str
    kind: Kind
    request_id: str
    address_hash: str
    accepted_at: float
    address: str = ""
    locale: str = ""
    client: str = ""
    browser: str = ""
    system: str = ""
    user_id: str = ""
    old_state: str = ""
    asked_at: float | None = None  # Where it is not accepted_at: a retry by hand begins that anew.
    version: int = 1

    def entry(self) -> str:
        """Render the job for the outbox, leaving out what is empty."""
        return to_json({name: value for name, value in vars(self).items() if value not in ("", None)}).decode()

    @classmethod
    def from_entry(cls, entry: str | bytes) -> Self:
        """Read a job back; fields of a later version are passed over."""
        fields = json.loads(entry)
        return cls(**{name: value for name, value in fields.items() if name in cls.__dataclass_fields__})

    @property
    def age(self) -> float:
        """Seconds since the request was accepted."""
        return time.time() - self.accepted_at


def hash_keys(settings: KeySettings) -> list[bytes]:
    """Return the keys that hash addresses and states, one from each SECRET_KEY; the first is used for new hashes."""
    secrets_in_order = [key.get_secret_value().encode() for key in settings.secret_key]
    return [hmac.digest(secret, b"latchkey.hash", hashlib.sha256) for secret in secrets_in_order]


def state(password_hash: str, key: bytes) -> str:
    """Return a keyed hash that tells one stored password from another, and nothing else."""
    return hmac.digest(key, b"state:" + password_hash.encode(), hashlib.sha256).hex()[:32]


def message(job_id: str) -> str:
    """Return the Celery message for a job up to the time of its push, which Redis writes, and two closing braces.

    Celery's message protocol, version 2, with a JSON body that is not encoded once more; a test sends one through a
    real worker.
    """
    body = json.dumps([[job_id], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    headers = {
        "lang": "py",
        "task": DELIVER,
        "id": job_id,
        "root_id": job_id,
        "parent_id": None,
        "group": None,
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "origin": "latchkey",
        "ignore_result": True,
    }
    properties = {
        "correlation_id": job_id,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": QUEUE},
        "priority": 0,
        "delivery_tag": job_id,
    }
    envelope = {"body": body, "content-encoding": "utf-8", "content-type": "application/json", "properties": properties}
    return json.dumps(envelope)[:-1] + ', "headers": ' + json.dumps(headers)[:-1] + ', "pushed": '


_TRANSPORT = {
    # BRPOP waits one second on the server: the socket must wait longer.
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "priority_steps": [0],
    # Without acknowledgements there is nothing to restore. kombu would look for it at every connect, under a lock that
    # a full Redis refuses.
    "ack_emulation": False,
}


def celery_settings(redis_url: str) -> dict[str, Any]:
    """Return the Celery settings that worker and Flower share.

    The outbox, not the broker, keeps what is unfinished: messages are taken without acknowledgement, one at a time,
    and Celery neither retries nor delays anything.
    """
    settings: dict[str, Any] = {
        "broker_url": redis_url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A Redis that is demoted or short of replicas answers BRPOP with an error; Celery would end the worker at it.
        "broker_channel_error_retry": True,
        "broker_transport_options": _TRANSPORT,
        # Declaring it would write down where its messages go, which nobody reads and a full Redis refuses.
        "task_queues": [Queue(QUEUE, no_ack=True, no_declare=True)],
        "task_default_queue": QUEUE,
        "task_ignore_result": True,
        "worker_disable_prefetch": True,
        "worker_prefetch_multiplier": 1,
        # Concerns late acknowledgements, of which there are none; unset, Celery warns at every lost connection.
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "timezone": "UTC",
    }
    if redis_url.startswith("rediss://"):
        # Unless the address names a certificate of its own, kombu would check none.
        settings["broker_use_ssl"] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    address = SentinelAddress.parse(redis_url)
    return settings if address is None else _through_sentinels(settings, address)


def _through_sentinels(settings: dict[str, Any], address: SentinelAddress) -> dict[str, Any]:
    """Let kombu ask the sentinels, and outlive what a failover does to a waiting worker."""
    options = {
        "master_name": address.name,
        "sentinel_kwargs": address.sentinel_options(),
        # Seconds. A worker waiting on a master whose machine is gone, or frozen, hears nothing; kombu's own 25 would
        # let it wait for a minute while there is a new master already.
        "health_check_interval": 2,
    }
    return settings | {
        "broker_url": address.for_kombu(),
        "broker_transport_options": _TRANSPORT | options,
    }
