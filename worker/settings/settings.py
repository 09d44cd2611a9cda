"""The settings of the worker, besides those it shares with the API; those of the relay and the sender have files."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from shared.settings.branding import Branding
from shared.settings.environment import FromEnvironment
from shared.settings.settings import MaxAge, Settings
from shared.settings.web_address import split_address
from worker.settings.relay import RelaySettings
from worker.settings.sender import Sender, SenderSettings


def _reset_url(value: str) -> str:
    """Refuse links that would leak the token or lead somewhere odd."""
    split_address(value.replace("{token}", "token"))
    wrong = {
        "holds {token} more than once": value.count("{token}") > 1,
        "holds {token} in the name of the host": "{token}" in urlsplit(value).netloc,
        "holds {token} encoded": "%7btoken%7d" in value.lower(),
        "has a fragment without {token} in it": "#" in value and "{token}" not in value,
    }
    if complaint := next((complaint for complaint, applies in wrong.items() if applies), ""):
        raise ValueError(complaint)
    return value


ResetUrl = Annotated[
    str,
    AfterValidator(_reset_url),
    Field(
        description="The https address of your reset page, which the link in the email leads to: "
        "`https://www.example.com/reset-password`. It may contain `{token}` once; without it, "
        "`#token=...` is appended."
    ),
]
StateFile = Annotated[
    str,
    Field(
        description="The file in which a worker tells `python -m worker alive` that it lives; several workers on one "
        "machine need one each. Empty: `latchkey-worker.json` in the folder for temporary files."
    ),
]


class WorkerSettings(RelaySettings, SenderSettings, Settings):
    """The settings of the worker. Its database user needs only SELECT on the users table."""

    prefixes = ("MAIL_", "WORKER_", "BRAND_", "RESET_", "BABEL_DEFAULT_")
    others = ("RESET_LIMIT_PER_IP", "RESET_LIMIT_PER_LINK")

    reset_url: ResetUrl
    mail_max_age: int = Field(
        default=3600,
        ge=60,
        le=86400,
        description="The age at which an accepted email is no longer sent, in seconds: 60 to 86400.",
    )
    worker_processes: int = Field(
        default=2,
        ge=1,
        le=256,
        description="The number of processes of one worker: 1 to 256. Each uses up to MAIL_CONNECTIONS connections.",
    )
    worker_events: bool = Field(
        default=True,
        description="`true`: Flower shows the tasks, each of which takes up to a hundred jobs. `false`: it does not.",
    )
    worker_state_path: StateFile = ""


class AliveSettings(FromEnvironment):
    """The setting that a check of life needs."""

    worker_state_path: StateFile = ""


class PreviewSettings(SenderSettings, Branding):
    """The settings that emails are written with, with examples for those without a default."""

    reset_url: ResetUrl = "https://www.example.com/reset-password"
    reset_token_max_age: MaxAge = 1800
    users_name_column: str = ""
    mail_default_sender: Sender = "no-reply@example.com"


MailSettings = WorkerSettings | PreviewSettings
