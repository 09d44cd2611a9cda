"""The Celery settings of the worker and of Flower."""

import ssl
from typing import Any

from kombu import Queue

from shared.redis_keys import Key
from shared.settings.redis_url import SentinelAddress

_TRANSPORT = {
    # BRPOP waits one second on the server: the socket must wait longer.
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "priority_steps": [0],
    # Without acknowledgements there is nothing to restore. kombu would look for it at every connect, under a lock that
    # a full Redis refuses.
    "ack_emulation": False,
}
# The outbox, not the broker, keeps what is unfinished: messages are taken without acknowledgement, one at a time, and
# Celery neither retries nor delays anything.
_SETTINGS = {
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    # A Redis that is demoted or short of replicas answers BRPOP with an error; Celery would end the worker at it.
    "broker_channel_error_retry": True,
    # Declaring it would write down where its messages go, which nobody reads and a full Redis refuses.
    "task_queues": [Queue(Key.QUEUE.value, no_ack=True, no_declare=True)],
    "task_default_queue": Key.QUEUE.value,
    "task_ignore_result": True,
    "worker_disable_prefetch": True,
    "worker_prefetch_multiplier": 1,
    # Concerns late acknowledgements, of which there are none; unset, Celery warns at every lost connection.
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "timezone": "UTC",
}


def celery_settings(redis_url: str) -> dict[str, Any]:
    """Return the settings for Redis at an address; behind sentinels, kombu asks them."""
    settings: dict[str, Any] = _SETTINGS | {"broker_url": redis_url, "broker_transport_options": _TRANSPORT}
    if redis_url.startswith("rediss://"):
        # Unless the address names a certificate of its own, kombu would check none.
        settings["broker_use_ssl"] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    if address := SentinelAddress.parse(redis_url):
        settings["broker_url"] = address.for_kombu()
        settings["broker_transport_options"] = _TRANSPORT | {
            "master_name": address.name,
            "sentinel_kwargs": address.sentinel_options(),
            # Seconds. A worker waiting on a master whose machine is gone, or frozen, hears nothing; kombu's own 25
            # would let it wait for a minute while there is a new master already.
            "health_check_interval": 2,
        }
    return settings
