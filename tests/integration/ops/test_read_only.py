"""Containers whose file system is read-only, without a /tmp that can be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.support.servers import free_port
from tests.support.service import Service

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
# In a mount namespace of its own; /proc cannot be written either.
READ_ONLY = 'for d in /tmp /var/tmp; do mount --bind $d $d && mount -o remount,ro,bind $d; done; cd /proc; exec "$@"'


def read_only(*command: str) -> list[str]:
    unshare = ["unshare", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        missing("unshare cannot make a mount namespace")
    return [*unshare, "sh", "-c", READ_ONLY, "sh", *command]


def test_a_worker_without_temporary_files_ends_with_a_sentence(service: Service) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in {"TMPDIR", "TEMP", "TMP"}}
    environ |= service.environ | {"PYTHONPATH": str(PROJECT)}

    command = read_only(sys.executable, "-m", "worker")
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=30)

    assert ended.returncode == 1
    assert "TMPDIR: there is no folder for temporary files. Mount a tmpfs at /tmp" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_api_needs_no_temporary_files(service: Service) -> None:
    environ = os.environ | service.environ | {"PYTHONPATH": str(PROJECT), "PORT": str(free_port())}
    code = "from api.app import create_app; print(create_app().test_client().get('/forgot-password').status_code)"

    command = read_only(sys.executable, "-c", code)
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=30)

    assert ended.stdout == "200\n", ended.stderr
