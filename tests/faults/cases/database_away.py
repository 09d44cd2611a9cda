"""The database stops: the worker waits, and a reset changes nothing."""

import json
import secrets

from shared.tokens import Tokens
from tests.e2e.demo import fetch
from tests.faults.bench import Loaded
from tests.faults.database import CONFIRMER, Postgres
from tests.faults.report import Promise
from tests.faults.run import Run, say
from tests.support.service import NEW_PASSWORD, SECRET


def away(run: Run) -> None:
    """Stop PostgreSQL, try a reset meanwhile, and start it again."""
    assert run.database is not None
    body = reset_body(run.database)
    run.wait(2)
    run.database.stop()
    meanwhile = reset(run, body)
    run.wait(3 if run.short else 30)
    run.database.start()
    run.is_over()
    afterwards = reset(run, body)
    say(f"a reset without the database: {meanwhile}, with it again: {afterwards}")
    run.check(f"a reset without the database got {meanwhile}", holds=meanwhile == 503)
    # The link is bound to the stored hash: if the first reset had changed it, the link would be void.
    run.check(f"a reset afterwards got {afterwards}", holds=afterwards == 200)
    run.note(f"reset {meanwhile}, then {afterwards}")


def reset_body(database: Postgres) -> bytes:
    """Return the body of a request that resets the password of CONFIRMER."""
    user_id, stored = database.confirmer()
    token = Tokens([SECRET], 1800).issue(user_id, stored, CONFIRMER)
    return json.dumps({"token": token, "password": f"{NEW_PASSWORD} {secrets.token_hex(4)}"}).encode()


def reset(run: Run, body: bytes) -> int:
    """Send the request and return the status of its answer."""
    url = f"http://127.0.0.1:{run.stack.port}/reset-password"
    return fetch(url, body, {"Content-Type": "application/json"})[0]


FAULTS = [Loaded("database", "database away for 30 s", Promise(5), away)]
