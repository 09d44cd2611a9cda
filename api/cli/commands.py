"""`flask --app api.app users ...`: creates a users table, adds users, and sends reset links for support."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, FlaskGroup
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.cli.accounts import Accounts, DuplicateAddress, read_rows
from api.passwords.breaches import BreachCheckAway
from api.passwords.hashing import HashingBusy
from api.passwords.new_password import NewPasswords
from api.passwords.policy import WeakPassword
from api.reset.policy_view import REASONS
from api.settings.settings import ApiSettings
from shared.addresses import InvalidAddress, parse
from shared.cli.terminal import CommandFailed, say
from shared.database.connections import db
from shared.failures import explain
from shared.languages import LANGUAGES, negotiate, tag
from shared.outbox.jobs import Job, new_id
from shared.outbox.outbox import Outbox, OutboxFull
from shared.settings.environment import SettingsError

BATCH = 5000


@dataclass(frozen=True)
class Tools:
    """The objects that the commands need."""

    settings: ApiSettings
    passwords: NewPasswords
    outbox: Outbox
    key: bytes

    @property
    def accounts(self) -> Accounts:
        """The users table."""
        return Accounts(self.settings, db.session)


users_commands = AppGroup(
    "users",
    help="Create the users table, add users, and send reset links.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@users_commands.command()
def create_table() -> None:
    """Create the users table if it does not exist. An existing table is never altered."""
    with _tools() as tools:
        created = tools.accounts.create_table()
    table = tools.settings.users_table
    say(f"Created table {table}." if created else f"Table {table} already exists.")


@users_commands.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(email: str, *, password_stdin: bool) -> None:
    """Add a user with a password."""
    with _tools() as tools:
        address = parse(email)
        if tools.accounts.has(address):
            raise DuplicateAddress
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _ask(tools.passwords, address)
        tools.passwords.check(password, address)
        tools.accounts.add([(address, tools.passwords.hash(password))])
    say("Added.")


@users_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Import users from a CSV file with the columns email,password_hash."""
    good, bad = 0, 0
    with _tools() as tools:
        known = tools.accounts.addresses()
        with file.open("rb") as lines:
            total = sum(1 for _ in lines)
        bar = click.progressbar(length=total, label="Importing", file=sys.stderr)  # Shown only on a terminal.
        with file.open(encoding="utf-8-sig", newline="") as lines, bar:
            rows = read_rows(lines, tools.passwords.formats, known)
            # In batches, so that large files do not have to fit into memory.
            while batch := list(islice(rows, BATCH)):
                refused = [row for row in batch if isinstance(row, str)]
                for line in refused:
                    say(line, err=True)
                tools.accounts.add([row for row in batch if not isinstance(row, str)])
                good, bad = good + len(batch) - len(refused), bad + len(refused)
                bar.update(len(batch))
    say(f"Imported {_counted(good, 'user')}, refused {_counted(bad, 'row')}.")
    if bad:
        sys.exit(1)


def _known_language(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value and not negotiate(value, "", ""):
        raise click.BadParameter(f"There are: {', '.join(map(tag, LANGUAGES))}.")
    return negotiate(value, "", "")


@users_commands.command()
@click.argument("email")
@click.option(
    "--locale", default="", callback=_known_language, help="The email's language, such as de, unless the user has one."
)
def send_reset(email: str, *, locale: str) -> None:
    """Send a reset link, regardless of rate limits. The worker's log says whether the account exists."""
    with _tools() as tools:
        job = Job.send_link(parse(email), tools.key, request_id=f"support:{new_id()[:16]}", locale=locale)
        tools.outbox.add(job)
    say(f"Accepted. For the outcome, look for the request id {job.request_id} in the worker's log.")


def _ask(passwords: NewPasswords, address: str) -> str:
    """Prompt for a password, and for a confirmation once the policy accepts it.

    Raises WeakPassword.
    """

    def checked(password: str) -> str:
        passwords.policy.check(password, address)
        return password

    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, value_proc=checked)
    return password


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@contextmanager
def _tools() -> Iterator[Tools]:
    """Yield the app's tools, and turn their errors into a message that says what to do.

    Raises SettingsError if the settings are invalid, but only here, because a command's help does not need them.
    """
    tools: Tools | SettingsError = current_app.extensions["tools"]
    if isinstance(tools, SettingsError):
        raise tools
    try:
        yield tools
    except WeakPassword as error:
        reasons = "".join(f" {REASONS[reason]} ({reason})" for reason in error.reasons)
        raise CommandFailed(f"This password can't be used.{reasons}") from error
    except RedisError as error:
        raise CommandFailed(explain(error)) from error
    except tuple(_SENTENCES) as error:
        sentence = next(sentence for kind, sentence in _SENTENCES.items() if isinstance(error, kind))
        raise CommandFailed(sentence.format(type(error).__name__)) from error


_SENTENCES: dict[type[Exception], str] = {
    InvalidAddress: "This is not a valid email address.",
    UnicodeDecodeError: "The file is not UTF-8. Save it as UTF-8 and import it again; no user is imported twice.",
    csv.Error: "The file is not valid CSV. Check its quotes.",
    BreachCheckAway: "The breach check is not available. Check BREACH_CHECK_URL, or change BREACH_CHECK.",
    HashingBusy: "The password could not be hashed. Check that enough memory is free, and try again.",
    OutboxFull: "The outbox is full. Check that a worker is running.",
    DuplicateAddress: "There is already a user with this address.",
    SQLAlchemyError: "The database refused the command ({}). Check DATABASE_URL and the table's columns.",
}


def app_for_help(problem: SettingsError) -> Flask:
    """Build an app without settings, whose commands can show their help but raise the problem when run.

    Raises the problem immediately unless Flask's command line is listing commands: nothing else can use such an app.
    """
    context = click.get_current_context(silent=True)
    # While a command runs, such as `flask run`, the context holds that command instead of the group.
    if context is None or not isinstance(context.command, FlaskGroup):
        raise problem

    app = Flask("api", static_folder=None)
    app.extensions["tools"] = problem
    app.cli.add_command(users_commands)
    return app
