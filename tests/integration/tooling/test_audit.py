"""`make audit` without a network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import free_port

pytestmark = pytest.mark.slow

PINNED = "celery==5.6.0 --hash=sha256:" + "0" * 64 + "\n"


def test_a_missing_network_is_reported_in_one_sentence(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(PINNED)
    nowhere = f"http://127.0.0.1:{free_port()}"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    environ = {**os.environ, **dict.fromkeys(names, nowhere), "NO_PROXY": "", "no_proxy": "", "HOME": str(tmp_path)}

    command = [sys.executable, "-m", "dev.tools.audit", str(requirements)]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode != 0
    assert ended.stdout == ""
    assert ended.stderr.startswith("Nothing was checked: ")
    assert len(ended.stderr.splitlines()) == 1
