"""`python -m worker`: check the settings, then work. `python -m worker --help` lists what else it does."""

import gc

import billiard.pool
import click
from celery.signals import worker_before_create_process, worker_ready, worker_shutting_down

from shared.connections.redis_check import check_redis
from worker.app import create_worker
from worker.cli.commands import dead, pending, purge, retry, trace
from worker.mails.check import check_mails
from worker.mails.preview import preview
from worker.priority import lower_priority, lower_session_priority
from worker.settings import WorkerSettings


@click.group(
    invoke_without_command=True,
    commands=[pending, dead, retry, purge, trace, preview],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.pass_context
def main(context: click.Context) -> None:
    """Mail what was accepted, until a signal; or, with a command, look after it."""
    if context.invoked_subcommand is None:
        settings = WorkerSettings.load()
        worker = create_worker(settings)
        check_mails(settings, worker.flask)
        check_redis(settings)
        # Tries of 0.1 s. A process that ends waits until its parent has read all its results; one whose parent read no
        # more was seen to wait half a minute. Nobody needs these results: what is finished stands in the outbox.
        billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10
        worker_before_create_process.connect(share_memory, weak=False)
        lower_priority()
        # It starts as quickly as others, and comes after them once it has work.
        worker_ready.connect(lambda **_: lower_session_priority(), weak=False)
        worker_ready.connect(lambda **_: worker.sweeper.start(), weak=False)
        worker_shutting_down.connect(lambda **_: worker.sweeper.stop(), weak=False)
        # Mingle costs a second at every connect, and neither it nor gossip is of use: workers share nothing but Redis.
        worker.celery.worker_main(["--quiet", "worker", "--without-mingle", "--without-gossip"])


def share_memory(**_: object) -> None:
    """Keep the garbage collector from what is loaded by now, so that the process to be forked shares it.

    Looking at an object writes to its memory, and what is written to is copied: 31 MB a process instead of 59.
    """
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main(prog_name="python -m worker")
