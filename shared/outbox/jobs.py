"""The jobs that wait for a worker, and the Celery message that says so.

The message says nothing about the jobs, so that Flower, task events and the broker show neither addresses nor which
job was done when.

Do not change kinds and field names, which are stored in entries that wait in Redis: during an upgrade an old worker
reads what a new API wrote, and the reverse. The methods that make jobs are named after what the worker does.
"""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from pydantic_core import to_json

from shared.addresses import hash_address
from shared.ids import RandomIds
from shared.redis_keys import Key
from shared.settings.settings import KeySettings

DELIVER = "latchkey.deliver"

new_id = RandomIds(32)
"""Makes the id of a job."""

Kind = Literal["forgot", "over_quota", "reset", "password_changed"]


@dataclass(frozen=True)
class Job:
    """An accepted job, as it waits in the outbox.

    forgot: find the users of `address` and email each a link.
    over_quota: do nothing. A request over its address's quota becomes this no-op job: as much work for the API.
    reset: email a link to `user_id`, one of several users who share `address`.
    password_changed: tell `address` that the password of `user_id` was changed. If the API has not `confirmed` that,
    the worker looks whether the password behind `old_state` is still stored: then the change never happened.
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
    account: str = ""  # The account's name, from the users table.
    user_id: str = ""
    old_state: str = ""
    asked_at: float | None = None  # When it was first accepted, if a person has retried it since.
    confirmed: bool | None = None  # Set by shared/outbox/lua/promote.lua.
    version: int = 1

    @classmethod
    def send_link(cls, address: str, address_key: bytes, request_id: str, **requester: Any) -> Self:
        """Make the job for a request for a link."""
        digest = hash_address(address, address_key)
        return cls(new_id(), "forgot", request_id, digest, time.time(), address, **requester)

    @classmethod
    def password_changed(
        cls, address: str, address_key: bytes, *, user_id: str, password_hash: str, **requester: Any
    ) -> Self:
        """Make the notice that a user's password was changed; password_hash: the old one, which is still stored."""
        job = cls.send_link(address, address_key, **requester)
        old_state = state(user_id, password_hash, address_key)
        return replace(job, kind="password_changed", user_id=user_id, old_state=old_state)

    def about(self, account: str, locale: str) -> Self:
        """Return the job with the name of the account, and in the language of its user if that is known."""
        return replace(self, account=account, locale=locale or self.locale)

    def send_link_to_user(self, user_id: str, user_state: str) -> Self:
        """Make the job for one of several users who share the address, with the same id each time."""
        own_id = hashlib.sha256(f"{self.id}:{user_id}:{user_state}".encode()).hexdigest()[:32]
        return replace(self, id=own_id, kind="reset", user_id=user_id, old_state=user_state)

    def no_op(self) -> Self:
        """Make the no-op job that replaces this one if its address is over its quota."""
        return type(self)(self.id, "over_quota", self.request_id, self.address_hash, self.accepted_at)

    def entry(self) -> str:
        """Render the job for the outbox, without empty fields."""
        return to_json({name: value for name, value in vars(self).items() if value not in ("", None)}).decode()

    @classmethod
    def from_entry(cls, entry: str | bytes) -> Self:
        """Read a stored job, ignoring fields of later versions."""
        fields = json.loads(entry)
        return cls(**{name: value for name, value in fields.items() if name in cls.__dataclass_fields__})

    @property
    def age(self) -> float:
        """Seconds since the request was accepted."""
        return time.time() - self.accepted_at


def hash_keys(settings: KeySettings) -> list[bytes]:
    """Return the keys that hash addresses and states, one from each SECRET_KEY; new hashes use the first."""
    secrets_in_order = [key.get_secret_value().encode() for key in settings.secret_key]
    return [hmac.digest(secret, b"latchkey.hash", hashlib.sha256) for secret in secrets_in_order]


def state(user_id: str, password_hash: str, key: bytes) -> str:
    """Return a keyed hash that only shows whether two stored passwords of a user are the same."""
    # Many users share a value that is no hash, such as "!".
    stored = password_hash if "$" in password_hash else f"{user_id}:{password_hash}"
    return hmac.digest(key, b"state:" + stored.encode(), hashlib.sha256).hex()[:32]


def message(message_id: str) -> str:
    """Return the Celery message that says that jobs wait. Each needs an id of its own.

    It follows version 2 of Celery's message protocol, without the base64 encoding of its JSON body; a test sends one
    through a real worker. Workers before lanes expect an argument.
    """
    body = json.dumps([[message_id], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    headers = {
        "lang": "py",
        "task": DELIVER,
        "id": message_id,
        "root_id": message_id,
        "parent_id": None,
        "group": None,
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "origin": "latchkey",
        "ignore_result": True,
    }
    properties = {
        "correlation_id": message_id,
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": Key.QUEUE},
        "priority": 0,
        "delivery_tag": message_id,
    }
    envelope = {"body": body, "content-encoding": "utf-8", "content-type": "application/json", "properties": properties}
    return json.dumps(envelope | {"headers": headers})
