"""docker-compose.yml matches the programs that it runs."""

import json
import re
import shlex
from pathlib import Path

import pytest

from api.settings.settings import ApiSettings
from dev.stack.environment import latchkey_settings
from dev.stack.ports import DEFAULT_PORTS
from dev.stack.redis_server import redis_command
from shared.settings.settings import Settings
from tests.support.compose import (
    FILE,
    PROJECT,
    REQUIRED,
    SERVICES,
    VARIABLE,
    MissingVariable,
    environment,
    ports,
    read_env_files,
    redis_options,
    substituted,
)
from tests.support.service import SECRET
from worker.settings.settings import WorkerSettings

OURS: dict[str, type[Settings]] = {"api": ApiSettings, "worker": WorkerSettings, "create-table": ApiSettings}


@pytest.mark.parametrize(("service", "settings"), OURS.items())
def test_every_variable_of_a_program_is_one_of_its_settings(service: str, settings: type[Settings]) -> None:
    assert set(environment(service)) - {name.upper() for name in settings.model_fields} == set()


@pytest.mark.parametrize(("service", "settings"), OURS.items())
def test_every_program_starts_with_its_environment(service: str, settings: type[Settings]) -> None:
    loaded = settings.load(environment(service))

    assert loaded.database_url.get_secret_value() == "postgresql://app:hunter2@db.example.com/app"


@pytest.mark.parametrize("service", ["api", "worker"])
def test_every_setting_reaches_its_program(service: str) -> None:
    assert {name.upper() for name in OURS[service].model_fields} == set(environment(service))


@pytest.mark.parametrize("service", ["api", "worker"])
def test_each_variable_of_env_sets_the_setting_of_the_same_name(service: str) -> None:
    raw = {name: VARIABLE.findall(value) for name, value in SERVICES[service]["environment"].items()}

    assert [name for name, found in raw.items() if found and found[0][0] != name] == ["REDIS_URL"]


def test_the_api_never_sees_the_mail_server() -> None:
    assert [name for name in environment("api") if name.startswith(("MAIL_", "WORKER_")) or name == "RESET_URL"] == [
        "MAIL_SHOW_REQUEST"  # It controls what the API may write into a job.
    ]


def test_flower_sees_only_redis_and_its_own_settings() -> None:
    assert [name for name in environment("flower") if not name.startswith("FLOWER_")] == ["REDIS_URL"]


@pytest.mark.parametrize("service", ["api", "worker", "flower"])
def test_the_commands_match_the_makefile(service: str) -> None:
    recipe = re.search(rf"^{service}:.*\n((?:\t.*\n)+)", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe
    command = re.search(r"exec \$\(BIN\)/(.+)", recipe[1])
    assert command

    # Without $(ARGS), which is for commands that a person types.
    assert SERVICES[service]["command"] == shlex.split(command[1].removesuffix(" $(ARGS)"))


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_stops_the_start_and_the_message_says_where_to_set_it(name: str) -> None:
    environ = {other: secret for other, secret in REQUIRED.items() if other != name}
    raw = json.dumps([service.get("environment") for service in SERVICES.values()])

    with pytest.raises(MissingVariable, match=rf"^Put .*{name}.* into \.env\."):
        substituted(raw, **environ)


def test_the_ports_are_those_of_the_demo_and_local_only() -> None:
    assert list(ports()) == [f"127.0.0.1:{DEFAULT_PORTS[name]}" for name in ("PORT", "FLOWER_PORT", "INBOX_PORT")]


def test_the_ports_can_be_chosen() -> None:
    chosen = ports(PORT="1", FLOWER_PORT="2", INBOX_PORT="3")

    assert list(chosen) == ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]


def test_the_users_table_is_the_one_that_env_names() -> None:
    named = {"DATABASE_URL": "postgresql://me:pw@db.example.com/shop", "USERS_TABLE": "shop.customers"}
    named |= {"USERS_ID_COLUMN": "key", "USERS_FILTER": "NOT locked", "USERS_HASH_FORMAT": "bcrypt-2y"}

    for service in OURS:
        assert environment(service, **named).items() >= named.items()


def test_the_users_table_of_a_first_try_is_named_as_in_the_demo(tmp_path: Path) -> None:
    demo = latchkey_settings(DEFAULT_PORTS, secret=SECRET, database=tmp_path / "users.sqlite3")
    first_try = read_env_files(PROJECT / "deploy" / "inbox.env", POSTGRES_PASSWORD="hunter2")

    for service, settings in OURS.items():
        loaded, expected = settings.load(environment(service, **first_try)), settings.load(demo)
        assert loaded.database_url.get_secret_value() == "postgresql://latchkey:hunter2@postgres/latchkey"
        names = [name for name in settings.model_fields if name.startswith("users_")]
        assert [getattr(loaded, name) for name in names] == [getattr(expected, name) for name in names]


def test_the_table_exists_before_the_api_and_the_worker_start() -> None:
    assert SERVICES["create-table"]["command"] == ["flask", "--app", "api.app", "users", "create-table"]
    for service in ("api", "worker"):
        # Not required: it does not run where .env names a table.
        expected = {"condition": "service_completed_successfully", "required": False}
        assert SERVICES[service]["depends_on"]["create-table"] == expected


def test_redis_is_durable() -> None:
    command = shlex.join(redis_options())

    assert "--appendonly yes" in command
    for option in ("--appendfsync everysec", "--auto-aof-rewrite-min-size 256mb"):
        assert option in command
        assert option in shlex.join(redis_command(6399, Path()))
    assert "--maxmemory 1gb --maxmemory-policy noeviction" in command


def test_data_survives_the_containers() -> None:
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert set(FILE["volumes"]) == {"redis", "postgres"}


def test_flower_needs_a_password_is_read_only_and_reachable_only_through_the_proxy() -> None:
    assert environment("flower")["FLOWER_BASIC_AUTH"] == "operator:hunter2"
    assert environment("flower")["FLOWER_READ_ONLY"] == "true"
    assert environment("flower")["FLOWER_ADDRESS"] == "0.0.0.0"  # noqa: S104 - only the proxy reaches it
    assert "ports" not in SERVICES["flower"]


def test_flower_leaves_task_events_off_if_the_workers_do() -> None:
    assert environment("flower")["FLOWER_ENABLE_EVENTS"] == "true"
    assert environment("flower", WORKER_EVENTS="false")["FLOWER_ENABLE_EVENTS"] == "false"


def test_a_worker_has_time_to_finish() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "60s"
    assert SERVICES["worker"]["restart"] == "unless-stopped"


def test_all_programs_share_one_image_that_is_built_once() -> None:
    ours = ["api", "worker", "flower", "create-table"]

    assert {SERVICES[service]["image"] for service in ours} == {"latchkey"}
    assert [service for service in SERVICES if "build" in SERVICES[service]] == ["api"]


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_can_gain_rights_or_change_its_files(service: str) -> None:
    described = SERVICES[service]

    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert described["image"] == "latchkey" or described["user"] not in {"root", "0"}


def test_every_long_running_service_has_a_health_check() -> None:
    # Mailpit's image has its own; create-table exits.
    assert [name for name in SERVICES if "healthcheck" not in SERVICES[name]] == ["create-table", "mailpit"]


def test_the_health_checks_match_the_programs() -> None:
    asked = {name: shlex.join(SERVICES[name].get("healthcheck", {}).get("test", [])) for name in SERVICES}

    assert f"http://127.0.0.1:{environment('api')['PORT']}/readyz" in asked["api"]
    assert asked["worker"] == "CMD python -m worker alive"
    assert "http://127.0.0.1:5555/healthcheck" in asked["flower"]
