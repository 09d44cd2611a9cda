"""The demo, with a worker whose emails leave at once: for tests that are not about the moments of emails."""

import sys

from dev.__main__ import main
from dev.stack import stack

usual = stack._python


def quick(module: str, *arguments: str) -> list[str]:
    """Return the command of a program of the demo."""
    return usual("tests.support.quick_worker" if module == "worker" else module, *arguments)


if __name__ == "__main__":
    stack._python = quick
    sys.exit(main())
