"""Template folders, and what the API and the worker render from them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from api.app import create_app
from api.settings.settings import ApiSettings
from api.start_checks import check_pages
from shared.settings.environment import SettingsError
from tests.unit.settings.test_settings import WORKER
from worker.app import create_worker
from worker.mails.check import check_mails
from worker.settings.settings import WorkerSettings

PROJECT = Path(__file__).parents[2]
WORDS = (PROJECT / "docs/appearance.md").read_text(encoding="utf-8").split("\n## The words\n")[1]
EXAMPLES = dict(
    zip(re.findall(r"[tT]his `([\w./]+)`", WORDS), re.findall(r"```\n(.*?)```", WORDS, re.DOTALL), strict=True)
)
ROWS = re.findall(r"^\| (all|`(?:pages|mails)/\S*`) \|(.*?)\|(.*)\|$", WORDS, re.MULTILINE)
Write = Callable[..., str]


def check_api(folder: str) -> None:
    check_pages(ApiSettings.load(WORKER | {"TEMPLATE_FOLDER": folder}))


def check_worker(folder: str) -> None:
    settings = WorkerSettings.load(WORKER | {"TEMPLATE_FOLDER": folder})
    check_mails(settings, create_worker(settings).flask)


def page(folder: str, path: str = "/forgot-password") -> str:
    return create_app(ApiSettings.load(WORKER | {"TEMPLATE_FOLDER": folder})).test_client().get(path).text


def problems(check: Callable[[str], None], folder: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        check(folder)
    return caught.value.problems
