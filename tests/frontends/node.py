"""Node and its packages, which are installed once and kept until the lock file changes."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import missing

FOLDER = Path(__file__).parent
PACKAGES = FOLDER / "node_modules"
_STAMP = PACKAGES / ".lock-that-was-installed"
# Package scripts don't run, and the lock file decides what is installed.
_INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
_CHECK = [
    *("--noEmit", "--strict", "--noImplicitReturns", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes"),
    *("--target", "es2022", "--lib", "es2023,dom,dom.iterable", "--module", "esnext"),
    *("--moduleResolution", "bundler", "--jsx", "react-jsx", "--types", ""),
]
_LIBRARY_OF_2019 = ["--noEmit", "--allowJs", "--checkJs", "--target", "es2019", "--lib", "es2019,dom,dom.iterable"]
_LIBRARY_OF_2019 += ["--module", "esnext", "--moduleResolution", "bundler", "--types", ""]


class Node:
    """Runs the installed programs in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "node_modules").symlink_to(PACKAGES)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def check_types(self, *files: str) -> str:
        """Return TypeScript's errors."""
        ended = self._run("tsc", *_CHECK, *files)
        return ended.stdout if ended.returncode else ""

    def younger_members(self, *files: str) -> list[str]:
        """Return the uses of what a library of 2019 does not have, as TypeScript finds them."""
        ended = self._run("tsc", *_LIBRARY_OF_2019, *files)
        return re.findall(r"^\S+ error TS(?:2550|2583): .*", ended.stdout, re.MULTILINE)

    def bundle(self, entry: str, *options: str) -> Path:
        """Bundle a program and its imports into one file."""
        bundled = self.folder / "bundle.mjs"
        ended = self._run("esbuild", entry, "--bundle", "--format=esm", f"--outfile={bundled}", *options)
        assert ended.returncode == 0, ended.stderr
        return bundled

    def run(self, program: Path, *arguments: str) -> str:
        """Run a bundled program and return its output."""
        command = ["node", str(program), *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(PACKAGES / ".bin" / program), *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)


def require_node() -> None:
    """Install the packages if necessary; without Node or npm, skip the test, and fail in CI."""
    if not (shutil.which("node") and shutil.which("npm")):
        missing("No Node and npm on the PATH")
    lock = (FOLDER / "package-lock.json").read_bytes()
    if _STAMP.exists() and _STAMP.read_bytes() == lock:
        return
    ended = subprocess.run(_INSTALL, cwd=FOLDER, capture_output=True, text=True, timeout=110, check=False)
    if ended.returncode:
        missing(f"npm cannot install the packages of tests/frontends: {ended.stderr[-300:]}")
    _STAMP.write_bytes(lock)
