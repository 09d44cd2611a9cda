"""deploy/inbox.env: a first try with docker compose sends to a mail catcher; without it, nothing does."""

import json
import re
from pathlib import Path

import pytest

from tests.support.compose import PROJECT, REQUIRED, SERVICES, environment, environment_of, read_env_files, running
from worker.settings.settings import WorkerSettings

PASSWORD = {"POSTGRES_PASSWORD": "hunter2"}
INBOX = PROJECT / "deploy" / "inbox.env"
# What fits every relay and every table, and may be tried out.
HARMLESS = {"MAIL_DEFAULT_SENDER", "MAIL_REPLY_TO", "MAIL_ENVELOPE_SENDER", "MAIL_EXTRA_HEADERS", "MAIL_EHLO_NAME"}
HARMLESS |= {"MAIL_CONNECTIONS", "MAIL_TIMEOUT", "MAIL_MAX_AGE", "MAIL_SHOW_REQUEST", "USERS_WITHOUT_PASSWORD"}


@pytest.fixture
def relay(tmp_path: Path) -> Path:
    """An .env of somebody whose relay requires a password, and whose table has more columns."""
    tls = {"MAIL_PORT": "465", "MAIL_USE_TLS": "false", "MAIL_USE_SSL": "true"}
    settings = REQUIRED | tls | {"MAIL_USERNAME": "me", "MAIL_PASSWORD": "x"}
    settings |= {"USERS_NAME_COLUMN": "full_name", "USERS_LOCALE_COLUMN": "lang", "USERS_EMAIL_MATCH": "lower"}
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))
    return file


def test_without_it_no_catcher_and_no_new_table_run_and_no_program_uses_one() -> None:
    assert [name for name in SERVICES if name not in running({})] == ["create-table", "postgres", "mailpit"]
    assert "mailpit" not in json.dumps([service.get("environment") for service in SERVICES.values()])


def test_with_it_everything_runs() -> None:
    assert running(read_env_files(INBOX, **PASSWORD)) == list(SERVICES)


def test_without_it_mails_go_to_the_relay_of_env(relay: Path) -> None:
    settings = WorkerSettings.load(environment_of("worker", read_env_files(relay)))

    assert (settings.mail_server, settings.mail_port, settings.mail_use_ssl) == ("smtp.example.com", 465, True)
    assert (settings.mail_username, settings.mail_password.get_secret_value()) == ("me", "x")
    assert settings.reset_url == REQUIRED["RESET_URL"]


def test_with_it_mails_go_to_the_catcher_and_the_relays_password_is_not_used(relay: Path) -> None:
    settings = WorkerSettings.load(environment_of("worker", read_env_files(relay, INBOX, **PASSWORD)))

    assert (settings.mail_server, settings.mail_port) == ("mailpit", 1025)
    assert (settings.mail_use_tls, settings.mail_use_ssl, settings.mail_username) == (False, False, "")
    assert settings.mail_password.get_secret_value() == ""


def test_it_sets_every_setting_of_relay_and_table_that_may_not_fit() -> None:
    settings = {name.upper() for name in WorkerSettings.model_fields}
    found = set(re.findall(r"^([A-Z_]+)=", INBOX.read_text(), re.MULTILINE))

    assert {name for name in settings if name.startswith(("MAIL_", "USERS_"))} - found == HARMLESS


def test_with_it_neither_an_access_token_nor_other_columns_are_asked_for(relay: Path) -> None:
    oauth = {"ENDPOINT": "microsoft:x", "CLIENT_ID": "x", "CLIENT_SECRET": "x"}
    added = "".join(f"MAIL_OAUTH_{name}={value}\n" for name, value in oauth.items())
    relay.write_text(relay.read_text() + "MAIL_PASSWORD=\n" + added)

    settings = WorkerSettings.load(environment_of("worker", read_env_files(relay, INBOX, **PASSWORD)))

    assert (settings.mail_oauth_endpoint, settings.users_name_column, settings.users_locale_column) == ("", "", "")
    assert settings.users_email_match == "exact"


@pytest.mark.parametrize(("chosen", "port"), [({}, 8000), ({"PORT": "9000"}, 9000)])
def test_its_link_leads_to_the_port_that_was_chosen(chosen: dict[str, str], port: int) -> None:
    found = environment("worker", **read_env_files(INBOX, **PASSWORD, **chosen))

    assert found["RESET_URL"] == f"http://localhost:{port}/reset-password"
