"""`python -m dev.stack.demo_users`: creates the demo's users table with the commands that an operator would use."""

import secrets
import sys

from flask.cli import ScriptInfo

DEMO_USERS = ("demo@example.com", "ada@example.com")


def main() -> int:
    """Run the commands in this process, because starting `flask` for each one would take a second."""
    runner = ScriptInfo(app_import_path="api.app").load_app().test_cli_runner()
    for command in (["create-table"], *(["add", email, "--password-stdin"] for email in DEMO_USERS)):
        # Nobody needs to know these passwords: in the demo you reset them.
        password = secrets.token_urlsafe(24)
        result = runner.invoke(args=["users", *command], input=password, catch_exceptions=False)
        if result.exit_code:
            print(f"users {' '.join(command)}: {result.output.strip()}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
