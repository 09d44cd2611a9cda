"""`python -m worker COMMAND`: shows and manages jobs that are waiting or were given up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

import click
from redis import Redis
from redis.exceptions import RedisError

from shared.addresses import InvalidAddress, hash_address
from shared.cli.terminal import CommandFailed, say, say_json
from shared.connections.redis_client import connect
from shared.connections.redis_failures import explain_redis
from shared.outbox.history import HISTORY_HOURS
from shared.outbox.jobs import hash_keys
from shared.outbox.outbox import Outbox
from shared.outbox.pending import Pending
from shared.redis_keys import Key
from shared.settings.settings import KeySettings, RedisSettings
from worker.cli.capitals import has_other_capitals
from worker.cli.history import Event, read_history
from worker.queue.dead_letters import DeadLetters

REDIS_TIMEOUT = 10.0  # Seconds.

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


@click.command()
@as_json
def pending(*, as_json: bool) -> None:
    """Show how many jobs are waiting, and for how long."""
    with _redis(RedisSettings.load()) as redis:
        found, alive = Pending.count(redis), bool(redis.exists(Key.HEARTBEAT))
    if as_json:
        say_json(asdict(found) | {"worker_alive": alive})
        return
    since = f", the oldest for {found.oldest:.0f} s" if found.oldest is not None else ""
    say(f"{found.jobs} waiting{since}")
    say(f"  {found.queued} in the queue, {found.leased} with a worker, {found.later} to be retried later")
    say(f"{found.dead} given up")
    if not alive:
        say("No worker is running.")


@click.command()
@click.option("--most", default=100, show_default=True, type=click.IntRange(1), help="How many to list.")
@as_json
def dead(most: int, *, as_json: bool) -> None:
    """List jobs that were given up, newest first, with hashes instead of addresses."""
    with _dead_letters() as letters:
        found, of = list(letters.newest(most)), letters.count()
    if as_json:
        say_json([asdict(letter) for letter in found])
        return
    for letter in found:
        line = f"{letter.id}  {_time(letter.buried_at)}  {letter.kind}  {letter.reason}  {letter.address_hash}"
        say(line)
    say(f"{len(found)} of {of} given up" if of else "No jobs were given up.")


@click.command()
@click.argument("job_id", metavar="[ID]", required=False)
@click.option("--all", "all_of_them", is_flag=True, help="Retry every job that was given up.")
@as_json
def retry(job_id: str | None, *, all_of_them: bool, as_json: bool) -> None:
    """Put jobs that were given up back into the queue, as if they had just been accepted."""
    if bool(job_id) == all_of_them:
        raise click.UsageError("Give either an ID (`python -m worker dead` lists them) or --all.")
    with _dead_letters() as letters:
        retried = letters.retry_all() if all_of_them else int(letters.retry(job_id or ""))
    if job_id and not retried:
        raise CommandFailed("No job with this ID was given up. `python -m worker dead` lists those that were.")
    say_json({"retried": retried}) if as_json else say(f"{retried} put back into the queue")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@as_json
def purge(*, yes: bool, as_json: bool) -> None:
    """Delete all jobs that were given up."""
    with _dead_letters() as letters:
        if not yes and letters.count():
            click.confirm(f"Delete {letters.count()} permanently?", abort=True, err=True)
        purged = letters.purge()
    say_json({"purged": purged}) if as_json else say(f"{purged} deleted")


@click.command()
@click.argument("email")
@as_json
def trace(email: str, *, as_json: bool) -> None:
    """Show what happened for an address in the last 48 hours.

    If nobody has it, and DATABASE_URL is set, the users table is asked for it in other capitals.
    """
    settings = KeySettings.load()
    try:
        hashes = [hash_address(email, key) for key in hash_keys(settings)]
    except InvalidAddress:
        raise click.UsageError("This is not a valid email address.") from None
    with _redis(settings) as redis:
        events, off = read_history(redis, hashes), redis.exists(Key.HISTORY_OFF)
    if any(event.event == "no_such_user" for event in events) and has_other_capitals(email):
        events.append(Event(time.time(), "now", "other_capitals", ""))
    if as_json:
        say_json([asdict(event) for event in events])
        return
    for event in events:
        say(f"{_time(event.at)}  {event.job}  {event.meaning}")
    if not events:
        say(f"No history in the last {HISTORY_HOURS} hours. (SECRET_KEY must be the same as the API's.)")
    if off:
        say("Redis is low on memory, so histories are being deleted and no new ones are written.")


@contextmanager
def _redis(settings: RedisSettings) -> Iterator[Redis]:
    url = settings.redis_url.get_secret_value()
    try:
        with connect(url, connect_timeout=REDIS_TIMEOUT, timeout=REDIS_TIMEOUT) as redis:
            yield redis
    except RedisError as error:
        raise CommandFailed(explain_redis(error)) from None


@contextmanager
def _dead_letters() -> Iterator[DeadLetters]:
    with _redis(RedisSettings.load()) as redis:
        yield DeadLetters(Outbox(redis))


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
