"""`python -m dev.tools.audit FILE`: look the pinned packages of a file up among the known vulnerabilities."""

import subprocess
import sys

# Strict: a package that cannot be looked up fails it. Otherwise pip-audit finds "no known vulnerabilities" in packages
# that it could not ask about.
_AUDIT = ("pip_audit", "--strict", "--disable-pip", "--require-hashes", "--progress-spinner=off", "--requirement")
_AWAY = ("requests.exceptions.", "Could not connect")


def main(requirements: str) -> int:
    """Run pip-audit and return its exit code; without a network it would end in a traceback of a hundred lines."""
    audit = subprocess.run(
        [sys.executable, "-m", *_AUDIT, requirements], stderr=subprocess.PIPE, text=True, check=False
    )
    away = audit.returncode and any(sign in audit.stderr for sign in _AWAY)
    sentence = "Nothing was looked up: the list of known vulnerabilities cannot be reached. Is there a network?\n"
    sys.stderr.write(sentence if away else audit.stderr)
    return audit.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
