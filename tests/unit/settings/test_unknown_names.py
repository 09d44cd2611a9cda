"""Names that Kubernetes and Docker make are passed over; names that look like ours and are not are told."""

import pytest
from structlog.testing import capture_logs

from api.settings.settings import ApiSettings
from shared.settings.settings import Settings
from shared.settings.unknown_names import log_unknown_settings
from tests.unit.settings.test_misspelt_names import FOREIGN
from tests.unit.settings.test_settings import WORKER, only_problem
from worker.settings.settings import WorkerSettings

PROGRAMS: list[type[Settings]] = [ApiSettings, WorkerSettings]


def links(service: str, port: int) -> dict[str, str]:
    """Return what Kubernetes sets for a Service."""
    address = f"10.96.0.17:{port}"
    return {
        f"{service}_SERVICE_HOST": "10.96.0.17",
        f"{service}_SERVICE_PORT": str(port),
        f"{service}_SERVICE_PORT_HTTP": str(port),
        f"{service}_PORT": f"tcp://{address}",
        f"{service}_PORT_{port}_TCP": f"tcp://{address}",
        f"{service}_PORT_{port}_TCP_PROTO": "tcp",
        f"{service}_PORT_{port}_TCP_PORT": str(port),
        f"{service}_PORT_{port}_TCP_ADDR": "10.96.0.17",
    }


def told(program: type[Settings], environ: dict[str, str]) -> list[tuple[str, str]]:
    with capture_logs() as lines:
        log_unknown_settings(program, environ)
    return [(line["setting"], line["hint"]) for line in lines]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    "service", ["USERS", "MAIL", "REDIS", "FLOWER", "WEB", "RESET", "WORKER", "USERS_API", "MAIL_SERVER", "BRAND_COLOR"]
)
def test_links_to_a_service_are_passed_over(program: type[Settings], service: str) -> None:
    environ = {name: value for name, value in WORKER.items() if name != "MAIL_PORT"}

    program.load(environ | links(service, 80))

    assert [name for name, _ in told(program, links(service, 80)) if name != "MAIL_PORT"] == []


def test_docker_s_links_are_passed_over() -> None:
    made = links("USERS", 80) | {"USERS_NAME": "/web/users", "USERS_ENV_PATH": "/bin"}

    assert ApiSettings.load(WORKER | made)


def test_a_link_in_the_place_of_a_setting_is_told_and_the_default_used() -> None:
    environ = WORKER | links("MAIL", 25)

    assert WorkerSettings.load(environ).mail_port == 587
    (name, hint), *_ = told(WorkerSettings, environ)
    assert (name, "service link" in hint) == ("MAIL_PORT", True)


@pytest.mark.parametrize("name", ["USERS_PORT", "USERS_HOST", "USERS_NAME", "USERS_ENV_FILTER", "USERS_FILTERS"])
def test_a_name_that_is_no_link_may_be_a_misspelt_filter(name: str) -> None:
    assert f"{name} is not a setting" in only_problem(ApiSettings, **{name: "active"})


@pytest.mark.parametrize(
    ("program", "name", "meant"),
    [
        (WorkerSettings, "MAIL_BLIND_COPY", ""),
        (WorkerSettings, "MAIL_USER", "MAIL_USERNAME"),
        (WorkerSettings, "WORKER_CONCURRENCY", ""),
        (WorkerSettings, "MAIL_SERVER_FILE", "MAIL_SERVER"),
        (ApiSettings, "FORGOT_LIMIT", "FORGOT_LIMIT_PER_"),
        (ApiSettings, "PASSWORD_MAX_LENGTH", "PASSWORD_MIN_LENGTH"),
    ],
)
def test_an_unknown_name_with_a_prefix_of_ours_is_told(program: type[Settings], name: str, meant: str) -> None:
    ((said, hint),) = told(program, {name: "value"})

    assert said == name
    assert hint.startswith("It has no effect.")
    assert meant in hint


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_told_of_other_programs_and_of_the_other_program_of_ours(program: type[Settings]) -> None:
    ordinary = [
        "MAIL",
        "MAILCHECK",
        "MAILTO",
        "PASSWORD_STORE_DIR",
        "WEB_BROWSER",
        "BROWSER",
        "BABEL_ENV",
        "USERPROFILE",
    ]
    names = [name for name in FOREIGN if not name.startswith("MAIL_")] + ordinary
    names += [name.upper() for other in PROGRAMS for name in other.model_fields]

    assert told(program, dict.fromkeys(names, "value")) == []
    assert told(ApiSettings, {"MAIL_PASSWORD": "value", "MAIL_HOST": "value"}) == []
    assert told(WorkerSettings, {"MAIL_BLIND_COPY": ""}) == []
