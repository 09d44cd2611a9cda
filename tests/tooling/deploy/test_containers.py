"""docker-compose.yml keeps the containers apart, and their secrets and images to themselves."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support.compose import FILE, PROJECT, SERVICES, environment, redis_options, substituted


@pytest.mark.parametrize(
    ("server", "clients"),
    [
        ("proxy", {"api", "flower"}),
        ("redis", {"api", "worker", "flower"}),
        ("postgres", {"api", "worker", "create-table"}),
        ("mailpit", {"worker"}),
    ],
)
def test_a_program_is_only_in_networks_with_those_that_need_it(server: str, clients: set[str]) -> None:
    networks = {name: set(described["networks"]) for name, described in SERVICES.items()}

    assert {name for name in networks if networks[name] & networks[server]} == clients | {server}


def test_networks_lead_to_the_outside_only_where_they_must() -> None:
    outward = {name for name, network in FILE["networks"].items() if not (network or {}).get("internal")}
    found = {name for name, described in SERVICES.items() if outward & set(described["networks"])}

    assert outward == {"edge", "mail", "outside"}
    assert found == {"proxy", "api", "worker", "mailpit"}


def test_redis_needs_a_password_that_no_command_line_shows(tmp_path: Path) -> None:
    script = SERVICES["redis"]["command"][2].replace("$$", "$")
    told = tmp_path / "redis-server"
    told.write_text('#!/bin/sh\necho "$@"; cat\n')
    told.chmod(0o755)
    found = {
        name: substituted(text, REDIS_PASSWORD="hunter3") for name, text in SERVICES["redis"]["environment"].items()
    }

    done = subprocess.run(
        ["sh", "-c", script, *SERVICES["redis"]["command"][3:]],
        env=found | {"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )

    arguments, standard_input = done.stdout.splitlines()
    assert standard_input == "requirepass hunter3"
    assert arguments == shlex.join(["-", *redis_options()])
    assert found["REDISCLI_AUTH"] == "hunter3"  # For the health check.
    assert environment("api")["REDIS_URL"] == "redis://:hunter3@redis:6379/0"


def test_every_image_can_be_pinned_by_its_digest() -> None:
    digest = "example.org/x@sha256:0123"
    others = {name: each["image"] for name, each in SERVICES.items() if each["image"] != "latchkey"}
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")

    for image in others.values():
        name, tag = re.findall(r"\$\{([A-Z]+_IMAGE):-(.+)\}", image)[0]
        assert substituted(image, **{name: digest}) == digest
        assert re.search(r":v?\d", tag)
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2
    args = SERVICES["api"]["build"]["args"]["PYTHON_IMAGE"]
    assert re.findall(r"^ARG PYTHON_IMAGE=(.+)", dockerfile, re.MULTILINE) == [substituted(args)]


def test_the_proxy_may_have_as_many_open_files_as_connections() -> None:
    text = (PROJECT / "deploy/nginx.conf").read_text(encoding="utf-8")
    connections = re.search(r"worker_connections (\d+);", text)

    assert connections
    assert SERVICES["proxy"]["ulimits"]["nofile"] >= int(connections[1]) * 2
