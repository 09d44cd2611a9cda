"""The pinned files install on any day: with the oldest and the newest pip, after new releases of every package.

If a package was required with an extra and pinned without one, pip before 23.3 tried its newest release before the pin,
and then failed because that release has no pin. So a working install broke on the day of a release.
"""

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import missing

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]
PINS = ["requirements-uv.txt", "requirements.txt", "requirements-demo.txt", "requirements-dev.txt"]
# The pip version that came with the first release of each Python.
OLDEST_PIP = {(3, 11): "22.3", (3, 12): "23.2.1", (3, 13): "24.2", (3, 14): "25.2"}
NEWER = "9999"
UV = str(Path(sys.executable).with_name("uv"))


def pinned(name: str) -> list[Requirement]:
    """List the pins of a file that apply to this machine."""
    lines = (PROJECT / name).read_text().replace("\\\n", " ").splitlines()
    found = [Requirement(line.partition(" --hash")[0]) for line in lines if re.match(r"\w", line)]
    return [pin for pin in found if pin.marker is None or pin.marker.evaluate()]


def make_wheel(folder: Path, metadata: PackageMetadata, version: str) -> Path:
    """Make an empty wheel with the requirements of the real one."""
    name = re.sub(r"[-_.]+", "_", metadata["Name"])
    kept = [
        f"{key}: {value}"
        for key in ("Requires-Dist", "Provides-Extra", "Requires-Python")
        for value in metadata.get_all(key, [])
    ]
    about = {
        "METADATA": "\n".join(["Metadata-Version: 2.1", f"Name: {metadata['Name']}", f"Version: {version}", *kept, ""]),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in about.items():
            wheel.writestr(f"{name}-{version}.dist-info/{file}", text)
    return path


@dataclass(frozen=True)
class Index:
    """A folder of wheels, and the hashes of the wheels of installed versions."""

    folder: Path
    hashes: dict[str, str]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Two wheels of every installed package: the installed version, and a newer one."""
    index = Index(tmp_path_factory.mktemp("index"), {})
    for distribution in distributions():
        make_wheel(index.folder, distribution.metadata, NEWER)
        wheel = make_wheel(index.folder, distribution.metadata, distribution.version)
        index.hashes[canonicalize_name(distribution.name)] = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return index


def with_hashes_of(index: Index, name: str, folder: Path) -> Path:
    """Copy a file of pins, with the hashes of the index's wheels."""
    lines = [
        f"{pin.name}{extras(pin)}{pin.specifier} --hash=sha256:{index.hashes[canonicalize_name(pin.name)]}\n"
        for pin in pinned(name)
    ]
    path = folder / name
    path.write_text("".join(lines))
    return path


def extras(pin: Requirement) -> str:
    return f"[{','.join(sorted(pin.extras))}]" if pin.extras else ""


@pytest.fixture(scope="module")
def oldest_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pip version that came with the first release of this Python."""
    folder = tmp_path_factory.mktemp("pip")
    version = OLDEST_PIP[sys.version_info[:2]]
    command = [UV, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(folder), f"pip=={version}"]
    if subprocess.run(command, check=False).returncode:
        missing(f"pip {version}: the package registry does not answer")
    return folder


def try_install(command: list[str], index: Index, pins: Path, python_path: Path | None = None) -> str:
    """Let an installer resolve against the index without installing, and return its output."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    environ |= {"PIP_CONFIG_FILE": os.devnull} | ({"PYTHONPATH": str(python_path)} if python_path else {})
    options = ["--dry-run", "--no-index", "--find-links", str(index.folder), "--require-hashes", "-r", str(pins)]
    ended = subprocess.run([*command, *options], env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("name", PINS)
def test_the_oldest_pip_installs_the_pinned_versions(name: str, index: Index, oldest_pip: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--ignore-installed"]

    said = try_install(command, index, with_hashes_of(index, name, tmp_path), oldest_pip)

    assert would_install(said) == {f"{canonicalize_name(pin.name)}{pin.specifier}" for pin in pinned(name)}


@pytest.mark.parametrize("name", PINS)
def test_the_newest_pip_installs_the_pinned_versions(name: str, index: Index, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--ignore-installed"]

    said = try_install(command, index, with_hashes_of(index, name, tmp_path))

    assert would_install(said) == {f"{canonicalize_name(pin.name)}{pin.specifier}" for pin in pinned(name)}


@pytest.mark.parametrize("name", PINS)
def test_uv_installs_the_pinned_versions(name: str, index: Index, tmp_path: Path) -> None:
    target = ["--python", sys.executable, "--target", str(tmp_path / "target")]

    said = try_install([UV, "pip", "install", *target], index, with_hashes_of(index, name, tmp_path))

    found = set(re.findall(r"^ \+ (\S+==\S+)$", said, re.MULTILINE))
    assert found == {f"{canonicalize_name(pin.name)}{pin.specifier}" for pin in pinned(name)}


def would_install(said: str) -> set[str]:
    """Parse the last line of pip's output: `Would install celery-5.7.0 ...`."""
    words = said.split("Would install ")[1].split("\n", maxsplit=1)[0].split()
    return {f"{canonicalize_name(name)}=={version}" for name, _, version in (word.rpartition("-") for word in words)}
