"""Any environment gives either usable settings or a SettingsError without a secret in it."""

import re
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from limits import parse_many
from pydantic import ValidationError
from redis.sentinel import SentinelConnectionPool
from sqlalchemy import create_engine

from api.settings.limits import MAX_AMOUNT, MAX_WINDOW
from api.settings.settings import ApiSettings
from shared.addresses import envelope
from shared.connections.redis_client import connect
from shared.database.connections import database_config
from shared.outbox.jobs import hash_keys
from shared.settings.environment import SettingsError, secret_names
from shared.settings.settings import Settings
from worker.mails.messages import link
from worker.queue.celery_settings import celery_settings
from worker.settings.settings import WorkerSettings

PROGRAMS: list[type[Settings]] = [ApiSettings, WorkerSettings]
SECRET = "hunter2"
SECRETS = secret_names(ApiSettings) | secret_names(WorkerSettings)
MIN_TOLD = 12  # Characters; shorter texts may occur in any sentence by chance.
TOKEN = "WyI0MiJd.abc-_.deA"
GOOD = {
    "SECRET_KEY": f"{SECRET}-abcdefghijklmnopqrstuvwxyz0123456789",
    "REDIS_URL": f"redis://:{SECRET}@redis.example:6379/0",
    "DATABASE_URL": f"postgresql://latchkey:{SECRET}@db.example:5432/app",
    "USERS_HASH_FORMAT": "bcrypt",
    "RESET_URL": "https://www.example.com/reset-password",
    "MAIL_SERVER": "mail.example.com",
    "MAIL_DEFAULT_SENDER": "Example <no-reply@example.com>",
    "MAIL_USERNAME": "latchkey",
    "MAIL_PASSWORD": f"{SECRET}-mail",
    "METRICS_TOKEN": f"{SECRET}-metrics-0123456789",
}
# Values to start from, for every kind of setting.
SEEDS = {
    "REDIS_URL": [
        GOOD["REDIS_URL"],
        f"redis+sentinel://app:{SECRET}@one.example:1,two.example,[::1]:3/main/4?sentinel_password={SECRET}",
        f"rediss://app:{SECRET}@[::1]:6379/1?socket_timeout=1",
    ],
    "DATABASE_URL": [
        GOOD["DATABASE_URL"],
        f"postgresql+psycopg2://app:{SECRET}@[::1]/app?sslmode=require",
        "sqlite:////var/lib/users.sqlite3",
    ],
    "RESET_URL": [
        GOOD["RESET_URL"],
        "https://www.example.com/#/reset?t={token}",
        "https://[2001:db8::1]:8443/{token}",
        "http://localhost:8000/reset-password",
    ],
    "FORGOT_LIMIT_PER_IP": ["30/minute;300/hour", "3/15 minutes, 20 per day", "1/9999 seconds", "0/2 years"],
    "CORS_ORIGINS": ["https://www.example.com,http://localhost:3000", "https://[::1]:8443", "capacitor://localhost"],
    "MAIL_DEFAULT_SENDER": [GOOD["MAIL_DEFAULT_SENDER"], '"Doe, Jane" <a@b.example>', "a@b\u00fccher.example"],
}
OTHER_SEEDS = [*GOOD.values(), "is_active AND deleted_at IS NULL", "true", "0", "8000", "429"]
SIGNS = [*":/@?#[]%{}\\<>\"',;&=+-._ \t\r\n\x00\x0b\x0c\x1c\x85\u2028\u2029\uff0f\uff20\u2100\ud800"]
SIGNS += ["{token}", "@evil.example", "://", "--", "%00", "..", ":0", ":65536", "999999999999", "9" * 5000]
names = st.sampled_from(sorted({name.upper() for program in PROGRAMS for name in program.model_fields}))
signs = st.sampled_from(SIGNS) | st.characters()


def mutated(seed: str, changes: list[tuple[int, int, str]]) -> str:
    """Replace a few stretches of characters."""
    for place, length, sign in changes:
        begin = place % (len(seed) + 1)
        seed = seed[:begin] + sign + seed[begin + length :]
    return seed


changes = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 3), signs), max_size=4)
seeds = st.sampled_from([*OTHER_SEEDS, *(seed for own in SEEDS.values() for seed in own)])
values = st.builds(mutated, seeds, changes) | st.text(st.characters(), max_size=60)
others = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", max_size=10).map("USERS_{}".format) | names.map("{}_FILE".format)
# Only secret settings are redacted; the same secret in another setting would show.
environments = st.dictionaries(names | others, values, max_size=4).filter(
    lambda environ: not any(SECRET in value for name, value in environ.items() if name not in SECRETS)
)


def load(program: type[Settings], environ: dict[str, str]) -> Any:
    """Load settings; any exception other than SettingsError is a bug, and so is a secret in its text."""
    try:
        return program.load(environ)
    except SettingsError as error:
        told = str(error)
    cures = " ".join(f"{field.description} {name}" for name, field in program.model_fields.items())
    for name in secret_names(program) & environ.keys():
        # The scheme of a URL is not secret, and error messages name that of a database.
        secret = environ[name].partition("://")[2] or environ[name]
        assert SECRET not in told
        assert len(secret) < MIN_TOLD or secret in cures or secret not in told
    return None


def near(name: str) -> Any:
    """Generate values similar to valid ones for a setting, and others."""
    return st.builds(mutated, st.sampled_from(SEEDS[name]), changes) | values


def taken(name: str, value: str) -> Any:
    """Return the parsed value of a setting, or None if it is refused."""
    program = WorkerSettings if name.lower() in WorkerSettings.model_fields else ApiSettings
    settings = load(program, GOOD | {name: value}) if value else None
    return settings and getattr(settings, name.lower())


@pytest.mark.parametrize("program", PROGRAMS)
@given(changed=environments)
@example(changed={"MAIL_PASSWORD_FILE": "a\x00b", "MAIL_PASSWORD": ""})
@example(changed={"SECRET_KEY": f"{SECRET}\udcff" * 8})
@example(changed={"MAIL_DEFAULT_SENDER": "Example\udcff <a@b.example>"})
def test_any_environment_gives_frozen_settings_or_the_one_error(program: type[Settings], changed: Any) -> None:
    settings = load(program, GOOD | changed)

    if settings is not None:
        with pytest.raises(ValidationError):
            settings.secret_key = ()
        shown = f"{settings!r} {settings}"
        assert not [name for name in SECRETS & GOOD.keys() if GOOD[name] in shown]
        assert all(hash_keys(settings))
        assert [text.encode() for text in settings.model_dump().values() if isinstance(text, str)]


@given(near("RESET_URL"))
@example("https://www.example.com\\.evil.example/")
def test_a_link_leads_to_the_host_of_its_setting_and_holds_the_token_once(value: str) -> None:
    url = taken("RESET_URL", value)
    if url is None:
        return
    made = link(url, TOKEN)
    before, after = urlsplit(url), urlsplit(made)

    assert made.count(TOKEN) == 1
    assert (after.scheme, after.netloc) == (before.scheme, before.netloc)
    assert after.hostname
    assert after.scheme == "https" or after.hostname in {"localhost", "127.0.0.1", "::1"}
    # A browser reads a backslash as a slash, which ends the host.
    assert not {"@", "\\"} & set(after.netloc)
    assert made.isprintable()
    assert " " not in made


@given(near("REDIS_URL"))
@example(f"redis://:{SECRET}@redis.example/0?db=first")
@example(f"redis://:{SECRET}@redis.example/0?timeout=1")
def test_a_redis_address_that_is_accepted_can_be_connected_to(value: str) -> None:
    url = taken("REDIS_URL", value)
    if url is None:
        return
    client = connect(url.get_secret_value(), connect_timeout=1, timeout=1)

    assert celery_settings(url.get_secret_value())["broker_url"]
    if not isinstance(client.connection_pool, SentinelConnectionPool):
        client.connection_pool.make_connection()


@given(near("DATABASE_URL"))
@example("sqlite://var/lib/users.sqlite3")
def test_a_database_address_that_is_accepted_can_be_connected_to(value: str) -> None:
    url = taken("DATABASE_URL", value)
    if url is not None:
        config = database_config(url.get_secret_value(), 1)
        create_engine(config["SQLALCHEMY_DATABASE_URI"], **config["SQLALCHEMY_ENGINE_OPTIONS"]).dispose()


@given(near("FORGOT_LIMIT_PER_IP"))
def test_an_accepted_limit_allows_requests_and_expires(value: str) -> None:
    for item in parse_many(taken("FORGOT_LIMIT_PER_IP", value) or "1/minute"):
        assert 1 <= item.amount <= MAX_AMOUNT
        assert 1 <= item.get_expiry() <= MAX_WINDOW


@given(near("CORS_ORIGINS"))
def test_an_accepted_origin_is_not_a_pattern(value: str) -> None:
    for origin in taken("CORS_ORIGINS", value) or ():
        scheme, _, host = origin.partition("://")
        assert re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme.lower())
        assert scheme.lower() not in {"file", "data", "blob", "javascript"}
        assert not set("*\\^$?|(){}/@ ") & set(host)


@given(near("MAIL_DEFAULT_SENDER"))
def test_a_sender_that_is_accepted_is_one_address_on_one_line(value: str) -> None:
    sender = taken("MAIL_DEFAULT_SENDER", value) or "a@b.example"

    assert len(sender.splitlines()) == 1
    assert envelope(parseaddr(sender)[1])
