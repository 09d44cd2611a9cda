"""`python -m worker`: check the settings, then work. `python -m worker --help` lists what else it does."""

import click

from worker.cli.commands import dead, pending, purge, retry, trace
from worker.mails.preview import preview
from worker.ops.alive import alive


@click.group(
    invoke_without_command=True,
    commands=[pending, dead, retry, purge, trace, preview, alive],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.pass_context
def main(context: click.Context) -> None:
    """Process accepted jobs until a signal arrives; the commands show and manage them."""
    if context.invoked_subcommand is None:
        # Imported here, because the commands are quicker without Celery.
        from worker.start import start  # noqa: PLC0415

        start()


if __name__ == "__main__":
    main(prog_name="python -m worker")
