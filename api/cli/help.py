"""`flask --app api.app ... --help` where settings are missing or wrong: help needs none."""

import click
from flask import Flask
from flask.cli import FlaskGroup

from api.cli.commands import users_commands
from shared.settings.environment import SettingsError


def app_for_help(problem: SettingsError) -> Flask:
    """Build an app whose commands show their help and, when they are run, raise the problem.

    Raises the problem at once unless Flask's command line asks which commands there are: no other caller can use
    such an app.
    """
    context = click.get_current_context(silent=True)
    # The context of a command that runs, such as `flask run`, has that command in the place of the group.
    if context is None or not isinstance(context.command, FlaskGroup):
        raise problem

    app = Flask("api", static_folder=None)
    app.extensions["tools"] = problem
    app.cli.add_command(users_commands)
    return app
