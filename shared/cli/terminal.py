"""What commands print: only printable characters, because a relay, a database or a stranger wrote much of it.

A terminal obeys escape sequences: they set its title, make links of words (OSC 8), or write over what stands there.
"""

import json

import click

from shared.words import printable


def say(line: str, *, err: bool = False) -> None:
    """Print one line."""
    click.echo(printable(line), err=err)


def say_json(value: object) -> None:
    """Print a value as JSON in ASCII."""
    # JSON leaves this one control character as it is.
    click.echo(json.dumps(value, indent=2).replace("\x7f", "\\u007f"))


class CommandFailed(click.ClickException):
    """A command ends with status 1, and with a sentence that says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence))
