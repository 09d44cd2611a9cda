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
    """Process accepted jobs until a signal arrives; the commands show and manage them."""
    if context.invoked_subcommand is None:
        settings = WorkerSettings.load()
        worker = create_worker(settings)
        check_mails(settings, worker.flask)
        check_redis(settings)
        # Retries of 0.1 s. A process that ends waits until its parent has read all its results. Some waited half a
        # minute for a parent that had stopped reading. The results are not needed: the outbox records what is finished.
        billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 10
        worker_before_create_process.connect(share_memory, weak=False)
        lower_priority()
        # Only once the worker is ready, so that it starts as quickly as other programs.
        worker_ready.connect(lambda **_: lower_session_priority(), weak=False)
        worker_ready.connect(lambda **_: worker.sweeper.start(), weak=False)
        worker_shutting_down.connect(lambda **_: worker.sweeper.stop(), weak=False)
        # Mingle takes a second at every connect. Neither it nor gossip is needed: workers share nothing but Redis.
        worker.celery.worker_main(["--quiet", "worker", "--without-mingle", "--without-gossip"])


def share_memory(**_: object) -> None:
    """Exclude everything loaded so far from garbage collection, so that forked processes share its memory.

    Otherwise the collector writes to it, and memory that is written to is copied: 59 MB a process instead of 31.
    """
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main(prog_name="python -m worker")
