"""`python -m dev`, which is `make run`."""

import os
import sys
from contextlib import ExitStack

from dev.errors import DemoError
from dev.stack.stack import run_stack
from dev.stack.supervisor import StopRequested


def main() -> int:
    """Run the demo and return its exit code."""
    # The demo's files hold password hashes and a record of what people did, so only their owner may read them.
    os.umask(0o077)
    # Print the reason before stopping the parts, which may take a few seconds.
    with ExitStack() as endings:
        try:
            run_stack(os.environ, endings)
        except StopRequested:
            print("\nStopping ...", flush=True)
            return 0
        except DemoError as problem:
            print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
