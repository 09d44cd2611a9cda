"""`python -m dev.tools.audit FILE`: check the pinned packages of a file for known vulnerabilities."""

import subprocess
import sys

# Without --strict, pip-audit skips packages it could not look up, and reports "no known vulnerabilities".
_AUDIT = ("pip_audit", "--strict", "--disable-pip", "--require-hashes", "--progress-spinner=off", "--requirement")
_AWAY = ("requests.exceptions.", "Could not connect")


def main(requirements: str) -> int:
    """Run pip-audit and return its exit code; without a network, print one sentence instead of its long traceback."""
    audit = subprocess.run(
        [sys.executable, "-m", *_AUDIT, requirements], stderr=subprocess.PIPE, text=True, check=False
    )
    away = audit.returncode and any(sign in audit.stderr for sign in _AWAY)
    sentence = "Nothing was checked: the vulnerability database cannot be reached. Check your network connection.\n"
    sys.stderr.write(sentence if away else audit.stderr)
    return audit.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
