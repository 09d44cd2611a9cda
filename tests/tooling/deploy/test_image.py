"""The Dockerfile: the contents of the image and how it runs."""

import json
import re

from tests.support.compose import PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
FINAL_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") + 1 :].splitlines()


def copied(lines: list[str]) -> list[str]:
    return re.findall(r"^COPY (?!--from)(\S+) \S+$", "\n".join(lines), re.MULTILINE)


def test_the_image_runs_without_root_and_stops_on_sigterm() -> None:
    user = FINAL_STAGE.index("USER 10001:10001")

    assert [line for line in FINAL_STAGE[user:] if line.startswith(("COPY", "RUN", "USER 0", "USER root"))] == []
    assert "STOPSIGNAL SIGTERM" in FINAL_STAGE


def test_the_image_contains_the_programs_and_nothing_else_of_the_project() -> None:
    assert copied(FINAL_STAGE) == ["api/", "worker/", "shared/"]


def test_no_command_of_the_image_goes_through_a_shell() -> None:
    commands = re.findall(r"^(?:RUN|CMD|ENTRYPOINT) (.+)$", DOCKERFILE, re.MULTILINE)

    assert commands
    assert all(isinstance(json.loads(command), list) for command in commands)


def test_the_build_context_contains_what_the_dockerfile_copies_and_no_secret() -> None:
    first, *rest = [
        line for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")
    ]

    assert first == "*"
    assert [line[1:] for line in rest if line.startswith("!")] == copied(DOCKERFILE.splitlines())
