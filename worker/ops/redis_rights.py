"""What Celery's consumer does with Redis besides running scripts, tried without a trace."""

from redis import Redis

from shared.redis_keys import Key

SECONDS = 0.01  # The time that the rehearsed BRPOP waits.
ANSWER_TIMEOUT = 2.0  # Seconds.


def try_consuming(redis: Redis) -> None:
    """Wait for a message, subscribe to the remote control, and publish, as the consumer will.

    Raises RedisError.
    """
    database = redis.connection_pool.connection_kwargs.get("db", 0)
    redis.brpop([Key.REHEARSAL], SECONDS)  # Redis takes fractions of seconds.
    with redis.pubsub() as subscription:  # type: ignore[no-untyped-call]
        subscription.psubscribe(f"/{database}.celery.pidbox")
        subscription.get_message(timeout=ANSWER_TIMEOUT)
    redis.publish(f"/{database}.latchkey", "")
