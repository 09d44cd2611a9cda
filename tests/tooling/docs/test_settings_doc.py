"""docs/settings.md lists all settings with their defaults."""

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from api.settings.settings import ApiSettings
from shared.settings.branding import Branding
from shared.settings.environment import secret_names
from shared.settings.settings import Settings
from worker.settings.settings import WorkerSettings

DOCUMENT = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[Branding]] = {
    "API and worker": Settings,
    "Pages and emails": Branding,
    "API": ApiSettings,
    "Worker": WorkerSettings,
}
BASES: dict[type[Branding], type[Branding]] = {Settings: Branding, ApiSettings: Settings, WorkerSettings: Settings}


def expected_rows(section: str) -> list[tuple[str, str, str]]:
    settings = SECTIONS[section]
    inherited = BASES[settings].model_fields if settings in BASES else {}
    own = {name: field for name, field in settings.model_fields.items() if name not in inherited}
    return [(f"`{name.upper()}`", shown_default(field), field.description or "") for name, field in own.items()]


def shown_default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    default = getattr(field.default, "get_secret_value", lambda: field.default)()
    if default in ("", (), {}):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


@pytest.mark.parametrize("section", list(SECTIONS))
def test_the_table_matches_the_settings_class(section: str) -> None:
    table = DOCUMENT.split(f"## {section}\n\n")[1].split("\n\n")[0]
    rows = [tuple(re.split(r" *\| *", line.strip("| "))) for line in table.splitlines()[2:]]

    assert rows == expected_rows(section)


def test_every_secret_that_may_come_from_a_file_is_named() -> None:
    sentence = DOCUMENT.split("in `NAME_FILE`: ")[1].split("\n\n")[0]

    assert set(re.findall(r"`(\w+)`", sentence)) == secret_names(ApiSettings) | secret_names(WorkerSettings)
