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
    # Without acknowledgements there is nothing to restore. kombu would check for it at every connect, under a lock that
    # a full Redis refuses.
    "ack_emulation": False,
}
# The outbox, not the broker, keeps unfinished jobs: messages are taken one by one and without acknowledgement, and
# Celery neither retries nor delays anything.
_SETTINGS = {
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    # A Redis that is demoted or short of replicas answers BRPOP with an error, at which Celery would end the worker.
    "broker_channel_error_retry": True,
    # Declaring the queue would store its binding, which nobody reads and a full Redis refuses.
    "task_queues": [Queue(Key.QUEUE.value, no_ack=True, no_declare=True)],
    "task_default_queue": Key.QUEUE.value,
    "task_ignore_result": True,
    "worker_disable_prefetch": True,
    "worker_prefetch_multiplier": 1,
    # For late acknowledgements, which are not used; if it is unset, Celery warns at every lost connection.
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "timezone": "UTC",
}


def celery_settings(redis_url: str) -> dict[str, Any]:
    """Return the settings for a Redis address; with Sentinel, kombu asks the sentinels for the master."""
    settings: dict[str, Any] = _SETTINGS | {"broker_url": redis_url, "broker_transport_options": _TRANSPORT}
    if redis_url.startswith("rediss://"):
        # By default kombu verifies no certificate, unless the address has parameters for it.
        settings["broker_use_ssl"] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    if address := SentinelAddress.parse(redis_url):
        settings["broker_url"] = address.for_kombu()
        settings["broker_transport_options"] = _TRANSPORT | {
            "master_name": address.name,
            "sentinel_kwargs": address.sentinel_options(),
            # Seconds. A worker does not notice if its master's machine is gone or frozen; with kombu's own 25 seconds
            # it could wait for a minute although there is already a new master.
            "health_check_interval": 2,
        }
    return settings
