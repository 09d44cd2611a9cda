"""What the demo prints when everything answers: where things are, and the next step."""

from collections.abc import Mapping

_JSON = "-H 'Content-Type: application/json'"
_WELCOME = """\

Latchkey is running, for this machine only.

  Page      http://localhost:{PORT}/forgot-password
  API docs  http://localhost:{PORT}/docs
  Inbox     http://localhost:{INBOX_PORT}
  Flower    http://localhost:{FLOWER_PORT}  (user {user}, password {password})

It knows two users, demo@example.com and ada@example.com; each gets three links in 15 minutes at most.
Paste these lines into a second terminal:

  1. Ask for a reset.
curl -i http://localhost:{PORT}/forgot-password {json} -d '{{"email": "demo@example.com"}}'

  2. Look into the inbox.
curl -s http://localhost:{INBOX_PORT}/api/messages

  3. Take the token out of the newest mail and set a password.
{set_password}

Ctrl-C stops everything.
"""
_FIND_IN_MAIL = r"""python3 -c 'import re, sys; print(re.search(r"token=([\w.-]+)", sys.stdin.read())[1])'"""
# Another password each time: the one that is set already is refused.
_RESET_BODY = r'''"{\"token\": \"$TOKEN\", \"password\": \"correct horse battery staple $(date +%T)\"}"'''


def welcome(ports: Mapping[str, int], *, user: str, password: str) -> str:
    """Write the welcome; user and password are Flower's."""
    lines = {"json": _JSON, "set_password": _set_password(ports)}
    return _WELCOME.format(**ports, **lines, user=user, password=password)


def _set_password(ports: Mapping[str, int]) -> str:
    newest_token = f"curl -s http://localhost:{ports['INBOX_PORT']}/api/messages | {_FIND_IN_MAIL}"
    address = f"http://localhost:{ports['PORT']}/reset-password"
    return f"TOKEN=$({newest_token}) && curl -i {address} {_JSON} -d {_RESET_BODY}"
