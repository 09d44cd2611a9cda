"""The settings of the users table."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from shared.settings.database.address import Backend, DatabaseAddress
from shared.settings.database.sql_text import assignments, checked_condition, statements
from shared.settings.environment import FromEnvironment

WithoutPassword = Literal["silent", "tell", "set"]


def _database_url(value: SecretStr) -> SecretStr:
    DatabaseAddress.parse(value.get_secret_value())
    return value


def _nonblank_name(value: str) -> str:
    if not value.strip() or "\x00" in value:
        raise ValueError("is empty")
    return value


Name = Annotated[str, AfterValidator(_nonblank_name)]


class UsersTableSettings(FromEnvironment):
    """Where the users table is, and what its columns are called."""

    database_url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        description="The database that has the users table: `postgresql://user:password@host/name`, with several hosts "
        "and libpq's parameters if necessary, `mysql://user:password@host/name` for MySQL and MariaDB, or "
        "`sqlite:////path/to/file`."
    )
    users_table: Name = Field(
        default="users", description="The name of the users table, with its schema if necessary: `schema.table`."
    )
    users_id_column: Name = Field(default="id", description="The column with the unique ids, which may be of any type.")
    users_email_column: Name = Field(default="email", description="The column with the email addresses.")
    users_password_column: Name = Field(default="password_hash", description="The column with the password hashes.")
    users_password_changed_column: str = Field(
        default="", description="A timestamp or date column that a reset sets to the current time (UTC). Empty: none."
    )
    users_name_column: str = Field(
        default="",
        description="A column with the name of the account, which emails then show. It tells several accounts with one "
        "address apart. Empty: none.",
    )
    users_locale_column: str = Field(
        default="",
        description="A column with the user's language, such as `fr` or `pt-BR`. Emails are then in this language "
        "instead of the language of the request. Empty: none.",
    )
    users_email_match: Literal["exact", "lower"] = Field(
        default="exact",
        description="How an address is looked up. `exact`: as it was typed, and in lower case. `lower`: in lower case "
        "on both sides, so stored capitals do not matter; this needs an index on `lower(email)`.",
    )
    users_without_password: WithoutPassword = Field(
        default="silent",
        description="What happens after a request for an account without a password. `silent`: nothing. `tell`: an "
        "email says how to sign in. `set`: an email has a link that sets the first password.",
    )
    users_filter: str = Field(
        default="",
        description="An SQL condition that a user must meet, both to get a link and to set a password: "
        "`is_active AND deleted_at IS NULL`.",
    )

    users_on_reset: str = Field(
        default="",
        description="More columns that a reset sets: `remember_token = NULL, failed_attempts = 0, security_stamp = "
        ":random`. `:random` is a new random text, `:now` the time in UTC.",
    )
    after_reset_sql: str = Field(
        default="",
        description="Statements that belong to a reset, separated by semicolons: `DELETE FROM sessions WHERE user_id = "
        ":id`. If one fails, nothing is changed. There are `:id`, `:email`, `:random` and `:now`.",
    )

    @field_validator("users_filter", "users_on_reset", "after_reset_sql")
    @classmethod
    def _is_readable(cls, value: str, info: ValidationInfo) -> str:
        read = {"users_filter": checked_condition, "users_on_reset": assignments, "after_reset_sql": statements}
        url = info.data.get("database_url")
        if url and value and info.field_name:
            read[info.field_name](value, DatabaseAddress.parse(url.get_secret_value()).backend)
        return value

    @property
    def database_backend(self) -> Backend:
        """The kind of the database."""
        return DatabaseAddress.parse(self.database_url.get_secret_value()).backend

    @property
    def users_schema_and_table(self) -> tuple[str, str]:
        """The schema of the users table, empty if the database knows it, and its name."""
        schema, _, name = self.users_table.rpartition(".")
        return schema or DatabaseAddress.parse(self.database_url.get_secret_value()).schema, name
