""".env.example matches the settings."""

import re
from pathlib import Path

import certifi
import pytest

from api.settings.settings import ApiSettings
from shared.settings.environment import SettingsError, secret_names
from shared.settings.random_key import EXAMPLE_SECRET, EXAMPLE_TOKEN
from shared.settings.settings import Settings
from tests.support.compose import read_env_files
from tests.support.metrics import TOKEN
from tests.support.service import SECRET
from worker.settings.settings import WorkerSettings

PROJECT = Path(__file__).parents[3]
EXAMPLE = (PROJECT / ".env.example").read_text(encoding="utf-8")
COMPOSE = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
ASSIGNMENT = re.compile(r"^#?([A-Z_]+)=.*$", re.MULTILINE)
PROGRAMS: list[type[Settings]] = [ApiSettings, WorkerSettings]
SETTINGS = {name.upper(): field for program in PROGRAMS for name, field in program.model_fields.items()}


def uncommented(text: str) -> str:
    return re.sub(r"^#(?=[A-Z_]+=)", "", text, flags=re.MULTILINE)


def with_real_secret(text: str) -> str:
    assert text.count(EXAMPLE_SECRET) == 1
    return text.replace(EXAMPLE_SECRET, SECRET).replace(EXAMPLE_TOKEN, TOKEN)


def sourced(text: str, folder: Path) -> dict[str, str]:
    """Source the file, as the Makefile does."""
    (folder / ".env").write_text(text, encoding="utf-8")
    return read_env_files(folder / ".env")


def test_it_names_exactly_the_settings_and_the_variables_of_docker_compose() -> None:
    asked_for_by_compose = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))

    assert set(ASSIGNMENT.findall(EXAMPLE)) == set(SETTINGS) | asked_for_by_compose


def test_it_names_nothing_twice() -> None:
    names = ASSIGNMENT.findall(EXAMPLE)

    assert sorted(names) == sorted(set(names))


def test_a_shell_and_docker_compose_read_every_value_the_same() -> None:
    values = re.findall(r"^#?[A-Z_]+=(.*)$", EXAMPLE, re.MULTILINE)

    assert [value for value in values if not re.fullmatch(r"[\w./:,@-]*|'[^'\n]+'", value)] == []


def test_it_says_which_settings_can_be_files() -> None:
    files = {name for name in re.findall(r"\b[A-Z_]+_FILE\b", EXAMPLE) if name not in SETTINGS}

    assert files == {f"{name}_FILE" for program in PROGRAMS for name in secret_names(program)}


def test_every_line_with_a_setting_has_a_comment_above_it() -> None:
    lines = EXAMPLE.splitlines()
    settings = [number for number, line in enumerate(lines) if ASSIGNMENT.match(line)]

    assert [lines[number] for number in settings if not lines[number - 1].startswith("# ")] == []


def test_the_required_settings_are_set_and_the_others_are_commented_out() -> None:
    active = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))

    assert active & set(SETTINGS) == {name for name, field in SETTINGS.items() if field.is_required()}


@pytest.mark.parametrize("program", PROGRAMS)
def test_with_a_real_secret_both_programs_accept_it(program: type[Settings], tmp_path: Path) -> None:
    settings = program.load(sourced(with_real_secret(EXAMPLE), tmp_path))

    assert settings.secret_key[0].get_secret_value() == SECRET


@pytest.mark.parametrize("left_out", ["MAIL_PASSWORD", "MAIL_OAUTH_"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_both_programs_accept_every_example_that_is_commented_out_with_one_way_to_log_in(
    program: type[Settings], left_out: str, tmp_path: Path
) -> None:
    environ = sourced(uncommented(with_real_secret(EXAMPLE)), tmp_path) | {"MAIL_CA_FILE": certifi.where()}
    environ = {name: value for name, value in environ.items() if not name.startswith(left_out)}

    settings = program.load(environ)

    # Only some formats of hashes have a secret.
    assert {name.upper() for name in program.model_fields} & environ.keys() - {"USERS_HASH_SECRET"} == {
        name.upper() for name in settings.model_fields_set
    }


def test_values_that_are_commented_out_are_the_defaults_if_any(tmp_path: Path) -> None:
    environ = sourced(uncommented(EXAMPLE), tmp_path)
    defaults = {name: str(field.default) for name, field in SETTINGS.items() if not field.is_required()}
    shown = {name: environ[name].title() if environ[name] in {"true", "false"} else environ[name] for name in defaults}

    assert {name: shown[name] for name, value in defaults.items() if value not in {"", "()", "{}", shown[name]}} == {}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_unchanged_file_is_refused_because_its_secret_is_public(program: type[Settings], tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        program.load(sourced(EXAMPLE, tmp_path))

    (problem,) = refused.value.problems
    assert problem.startswith("SECRET_KEY is the example of .env.example, which everybody knows. ")


@pytest.mark.parametrize("name", ["FLOWER_BASIC_AUTH", "REDIS_PASSWORD", "POSTGRES_PASSWORD"])
def test_the_other_secrets_have_no_example_that_is_accepted(name: str, tmp_path: Path) -> None:
    assert sourced(EXAMPLE, tmp_path)[name] == ""
