"""The GitHub workflow runs the Makefile's targets on every documented version, and Dependabot finds what to update."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from tests.support.compose import PROJECT

WORKFLOW = yaml.safe_load((PROJECT / ".github/workflows/ci.yml").read_text())
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
DEPENDABOT = yaml.safe_load((PROJECT / ".github/dependabot.yml").read_text())
MANIFESTS = {
    "pip": "requirements.in",
    "docker": "Dockerfile",
    "docker-compose": "docker-compose.yml",
    "github-actions": ".github/workflows/ci.yml",
    "npm": "package.json",
}


def commands(job: str) -> list[str]:
    return [step["run"] for step in JOBS[job]["steps"] if step.get("run", "").startswith("make ")]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


def test_each_job_ends_with_a_makefile_target() -> None:
    assert {job: command.split()[1] for job in JOBS for command in commands(job)} == {
        "check": "check",
        "test": "test",
        "redis": "test",
    }
    assert {command.split()[1] for job in JOBS for command in commands(job)} <= targets()


def test_every_supported_python_is_tested_including_the_images() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    promised = [line.rpartition(" ")[2] for line in project["classifiers"] if "Python :: 3." in line]
    image = re.findall(r"^ARG PYTHON_IMAGE=python:([\d.]+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)

    assert JOBS["test"]["strategy"]["matrix"]["python"] == promised
    assert project["requires-python"] == f">={promised[0]}"
    assert image
    assert set(image) <= set(promised)


def test_every_supported_redis_is_tested_including_the_one_of_docker_compose() -> None:
    images = JOBS["redis"]["strategy"]["matrix"]["image"]
    redis = [image.rpartition(":")[2] for image in images if image.startswith("redis:")]
    valkey = [image.rpartition(":")[2] for image in images if image.startswith("valkey/valkey:")]
    promised = re.search(
        r"Redis ([\d., and\s]+) and Valkey ([\d., and]+) are tested", (PROJECT / "docs/production.md").read_text()
    )
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]["redis"]["image"]
    (by_default,) = re.findall(r"\${REDIS_IMAGE:-(.+)}", compose)

    assert promised
    assert (redis, valkey) == (re.findall(r"[\d.]+", promised[1]), re.findall(r"[\d.]+", promised[2]))
    assert by_default in images


def test_the_tested_folders_exist() -> None:
    folders = re.findall(r"tests/\w+", " ".join(commands("redis")))

    assert folders
    assert [folder for folder in folders if not (PROJECT / folder).is_dir()] == []


@pytest.mark.parametrize("update", DEPENDABOT["updates"], ids=lambda update: str(update["package-ecosystem"]))
def test_dependabot_looks_where_there_is_something_to_update(update: dict[str, Any]) -> None:
    folder = PROJECT / update["directory"].strip("/")

    assert (folder / MANIFESTS[update["package-ecosystem"]]).is_file()
    assert update["schedule"] == {"interval": "weekly"}
