"""Ask the users table whether an address that nobody has is stored in other capitals."""

import os

from sqlalchemy.exc import SQLAlchemyError

from shared.cli.terminal import say
from shared.database.connections import connected, db, reading_app
from shared.failures import explain
from shared.settings.settings import Settings
from shared.users.table import UsersTableError
from shared.users.users import Users


def has_other_capitals(address: str) -> bool:
    """Tell whether USERS_EMAIL_MATCH=lower would find an account. Without DATABASE_URL, nobody is asked.

    Only a person asks, because it may read the whole table. A worker that did so could be kept busy by requests for
    addresses that nobody has, and its time would tell which those are.

    Raises SettingsError.
    """
    if not (os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")):
        return False
    settings = Settings.load()
    users = Users(settings, db)
    try:
        with connected(reading_app(settings.database_url.get_secret_value())):
            return not users.find(address) and bool(users.find_in_any_capitals(address))
    except (UsersTableError, SQLAlchemyError) as error:
        say(f"The users table cannot be asked for other capitals. {explain(error)}", err=True)
        return False
