"""docker-compose.yml, its Dockerfile and its nginx.conf against the programs that they run."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.exceptions import RequestEntityTooLarge

from api.__main__ import HEADER_TIMEOUT
from api.errors import _http, _unavailable
from api.json_request import MAX_BODY
from api.settings import ApiSettings
from dev.environment import latchkey_settings
from dev.ports import DEFAULT_PORTS
from shared.jobs import HEARTBEAT_KEY
from shared.settings import Settings
from tests.service import SECRET
from worker.settings import WorkerSettings

PROJECT = Path(__file__).parents[2]
NGINX = (PROJECT / "deploy/nginx.conf").read_text(encoding="utf-8")
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
FILE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = FILE["services"]
OURS = {"api": ApiSettings, "worker": WorkerSettings, "create-table": ApiSettings}
REQUIRED = {"SECRET_KEY": SECRET, "POSTGRES_PASSWORD": "hunter2", "FLOWER_BASIC_AUTH": "operator:hunter2"}
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<operator>:-|:\?)(?P<rest>[^}]*)\}")


class RequiredVariable(Exception):
    """What `docker compose` stops at."""


def substituted(text: str, **environ: str) -> str:
    def value(match: re.Match[str]) -> str:
        if not environ.get(match["name"]) and match["operator"] == ":?":
            raise RequiredVariable(match["name"], match["rest"])
        return environ.get(match["name"]) or match["rest"]

    return VARIABLE.sub(value, text)


def environment(service: str, **environ: str) -> dict[str, str]:
    raw = SERVICES[service]["environment"]
    return {name: substituted(value, **REQUIRED | environ) for name, value in raw.items()}


def ports(**environ: str) -> dict[str, str]:
    published = [substituted(port, **environ) for service in SERVICES.values() for port in service.get("ports", [])]
    return dict(port.rsplit(":", 1) for port in published)


def final_stage() -> list[str]:
    stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") + 1 :]
    return [line for line in stage.splitlines() if line and not line.startswith("#")]


def copied(stage: str) -> list[str]:
    return re.findall(r"^COPY (?!--from)(\S+) \S+$", stage, re.MULTILINE)


def nginx(directive: str) -> list[str]:
    return re.findall(rf"^\s*{directive}\s+(.+);$", NGINX, re.MULTILINE)


def server(port: int) -> str:
    start = NGINX.index(f"listen {port};")
    end = NGINX.find("\n    server {", start)
    return NGINX[start : end if end > 0 else None]


@pytest.mark.parametrize(("service", "settings"), OURS.items())
def test_every_variable_of_a_program_is_one_of_its_settings(service: str, settings: type[Settings]) -> None:
    assert set(environment(service)) - {name.upper() for name in settings.model_fields} == set()


@pytest.mark.parametrize(("service", "settings"), OURS.items())
def test_every_program_starts_with_its_environment(service: str, settings: type[Settings]) -> None:
    loaded = settings.load(environment(service))

    assert loaded.database_url.get_secret_value() == "postgresql+psycopg://latchkey:hunter2@postgres/latchkey"


@pytest.mark.parametrize("service", ["api", "worker"])
def test_every_setting_reaches_its_program_but_for_the_defaults_of_the_own_table_and_mail_catcher(service: str) -> None:
    own = {"USERS_ID_COLUMN", "USERS_EMAIL_COLUMN", "USERS_PASSWORD_COLUMN"}
    if service == "worker":
        own |= {"MAIL_USE_SSL", "MAIL_USERNAME", "MAIL_PASSWORD"}

    assert {name.upper() for name in OURS[service].model_fields} - set(environment(service)) == own


@pytest.mark.parametrize("service", ["api", "worker"])
def test_what_env_sets_goes_to_the_setting_of_the_same_name(service: str) -> None:
    built_from_others = {"DATABASE_URL", "RESET_URL"}
    raw = {name: VARIABLE.findall(value) for name, value in SERVICES[service]["environment"].items()}

    assert [
        name for name, found in raw.items() if found and name not in built_from_others and found[0][0] != name
    ] == []


def test_the_api_never_sees_the_mail_server() -> None:
    assert [name for name in environment("api") if name.startswith(("MAIL_", "WORKER_")) or name == "RESET_URL"] == []


def test_flower_sees_redis_and_its_own_settings_alone() -> None:
    assert [name for name in environment("flower") if not name.startswith("FLOWER_")] == ["REDIS_URL"]


@pytest.mark.parametrize("service", ["api", "worker", "flower"])
def test_the_commands_are_those_of_the_makefile(service: str) -> None:
    recipe = re.search(rf"^{service}:.*\n((?:\t.*\n)+)", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe
    command = re.search(r"exec \$\(BIN\)/(.+)", recipe[1])
    assert command

    assert SERVICES[service]["command"] == shlex.split(command[1])


@pytest.mark.parametrize("name", REQUIRED)
def test_a_secret_that_is_missing_stops_the_start_and_the_message_says_where_it_belongs(name: str) -> None:
    with pytest.raises(RequiredVariable, match=rf"'{name}', 'Put .*{name}.* into \.env"):
        for service in SERVICES:
            for value in SERVICES[service].get("environment", {}).values():
                substituted(value, **{other: secret for other, secret in REQUIRED.items() if other != name})


def test_the_ports_are_those_of_the_demo_and_on_this_machine_alone() -> None:
    assert list(ports()) == [f"127.0.0.1:{DEFAULT_PORTS[name]}" for name in ("PORT", "FLOWER_PORT", "INBOX_PORT")]


def test_the_ports_can_be_chosen() -> None:
    chosen = ports(PORT="1", FLOWER_PORT="2", INBOX_PORT="3")

    assert list(chosen) == ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]


def test_the_link_leads_to_the_port_that_was_chosen() -> None:
    assert environment("worker", PORT="9000")["RESET_URL"] == "http://localhost:9000/reset-password"


def test_the_users_table_is_named_as_in_the_demo(tmp_path: Path) -> None:
    demo = latchkey_settings(DEFAULT_PORTS, secret=SECRET, database=tmp_path / "users.sqlite3")

    for service, settings in OURS.items():
        loaded, expected = settings.load(environment(service)), settings.load(demo)
        names = [name for name in settings.model_fields if name.startswith("users_")]
        assert [getattr(loaded, name) for name in names] == [getattr(expected, name) for name in names]


def test_the_table_is_there_before_the_api_and_the_worker() -> None:
    assert SERVICES["create-table"]["command"] == ["flask", "--app", "api.app", "users", "create-table"]
    for service in ("api", "worker"):
        assert SERVICES[service]["depends_on"]["create-table"] == {"condition": "service_completed_successfully"}


def test_redis_keeps_what_was_accepted() -> None:
    command = shlex.join(SERVICES["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--appendfsync everysec" in command
    assert "--maxmemory-policy noeviction" in command


def test_what_is_stored_outlives_the_containers() -> None:
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert set(FILE["volumes"]) == {"redis", "postgres"}


def test_flower_asks_for_a_password_only_shows_and_is_reached_through_the_proxy_alone() -> None:
    assert environment("flower")["FLOWER_BASIC_AUTH"] == "operator:hunter2"
    assert environment("flower")["FLOWER_READ_ONLY"] == "true"
    assert "ports" not in SERVICES["flower"]


def test_flower_leaves_task_events_off_where_the_workers_do() -> None:
    assert environment("flower")["FLOWER_ENABLE_EVENTS"] == "true"
    assert environment("flower", WORKER_EVENTS="false")["FLOWER_ENABLE_EVENTS"] == "false"


def test_a_worker_has_the_time_to_finish() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "45s"
    assert SERVICES["worker"]["restart"] == "unless-stopped"


def test_one_image_serves_all_programs_and_is_built_once() -> None:
    ours = ["api", "worker", "flower", "create-table"]

    assert {SERVICES[service]["image"] for service in ours} == {"latchkey"}
    assert [service for service in SERVICES if "build" in SERVICES[service]] == ["create-table"]


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_can_gain_rights_or_change_its_files(service: str) -> None:
    described = SERVICES[service]

    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert described["image"] == "latchkey" or described["user"] not in {"root", "0"}


def test_every_lasting_service_has_a_health_check() -> None:
    # Mailpit's image brings one.
    assert [name for name in SERVICES if "healthcheck" not in SERVICES[name]] == ["create-table", "mailpit"]


def test_the_health_checks_ask_what_the_programs_answer() -> None:
    asked = {name: shlex.join(SERVICES[name].get("healthcheck", {}).get("test", [])) for name in SERVICES}

    assert f"http://127.0.0.1:{environment('api')['PORT']}/readyz" in asked["api"]
    assert f"exists('{HEARTBEAT_KEY}')" in SERVICES["worker"]["healthcheck"]["test"][-1]
    assert "http://127.0.0.1:5555/healthcheck" in asked["flower"]


def test_the_image_runs_without_root_and_stops_on_sigterm() -> None:
    user = final_stage().index("USER 10001:10001")

    assert [line for line in final_stage()[user:] if line.startswith(("COPY", "RUN", "USER 0", "USER root"))] == []
    assert "STOPSIGNAL SIGTERM" in final_stage()


def test_the_image_holds_the_programs_and_nothing_else_of_the_project() -> None:
    assert copied("\n".join(final_stage())) == ["api/", "worker/", "shared/"]


def test_no_command_of_the_image_goes_through_a_shell() -> None:
    commands = re.findall(r"^(?:RUN|CMD|ENTRYPOINT) (.+)$", DOCKERFILE, re.MULTILINE)

    assert commands
    assert all(isinstance(json.loads(command), list) for command in commands)


def test_the_builder_is_given_what_the_dockerfile_copies_and_no_secret() -> None:
    first, *rest = [
        line for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")
    ]

    assert first == "*"
    assert [line[1:] for line in rest if line.startswith("!")] == copied(DOCKERFILE)


def test_the_proxy_takes_bodies_as_large_as_the_api_does_and_holds_them_in_memory() -> None:
    assert nginx("client_max_body_size") == nginx("client_body_buffer_size") == [f"{MAX_BODY // 1024}k"]


def test_the_proxy_waits_for_slow_clients_so_that_the_api_need_not() -> None:
    assert nginx("proxy_request_buffering") == ["on"]
    assert nginx("client_header_timeout") == nginx("client_body_timeout") == ["10s"]


def test_the_api_believes_the_address_that_the_proxy_appends() -> None:
    assert nginx("proxy_set_header X-Forwarded-For") == ["$proxy_add_x_forwarded_for"]
    assert environment("api")["TRUSTED_PROXIES"] == "1"


def test_the_proxy_leads_to_the_services_from_the_ports_that_are_published() -> None:
    api = environment("api")

    assert nginx("listen") == [ports()["127.0.0.1:8000"], ports()["127.0.0.1:5555"]]
    assert nginx("server") == [f"api:{api['PORT']}"]
    assert nginx(r"set \$flower") == ["flower:5555"]
    assert api["HOST"] == "0.0.0.0"  # noqa: S104 - inside the network of the compose file


def test_the_proxy_drops_a_kept_connection_before_the_api_does() -> None:
    _clients, upstream = nginx("keepalive_timeout")

    assert int(upstream.removesuffix("s")) * 1000 < HEADER_TIMEOUT


def test_flowers_open_pages_are_shut() -> None:
    for path in ("/metrics", "/healthcheck"):
        assert re.search(rf"location {path} {{\s+return 404;\s+}}", server(8081))


def test_the_proxy_logs_no_query_string() -> None:
    log_format = re.search(r"log_format line (.+?);", NGINX, re.DOTALL)
    assert log_format

    assert set(re.findall(r"\$(\w+)", log_format[1])) == {
        *("time_iso8601", "remote_addr", "request_method", "path", "status", "request_time"),
        "upstream_http_x_request_id",
    }
    assert re.search(r"map \$request_uri \$path {\s+~\^\(\?<bare_path>\[\^\?\]\*\) \$bare_path;\s+}", NGINX)
    assert nginx("access_log") == ["/dev/stdout line"]
    assert nginx("error_log") == ["stderr crit"]


def test_the_proxy_answers_for_the_api_in_the_api_s_words() -> None:
    said = {status: json.loads(text) for status, text in re.findall(r"return (\d+) '(.+)\\n';", NGINX)}
    away = _unavailable(ConnectionError())

    assert said["413"]["code"] == json.loads(_http(RequestEntityTooLarge()).data)["code"]
    assert said["503"] == json.loads(away.data)
    assert nginx("add_header Retry-After") == [f"{away.headers['Retry-After']} always"]
    assert nginx("error_page 502 504") == ["=503 @unavailable"]
