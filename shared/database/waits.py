"""How long Latchkey waits for the database, in seconds."""

CONNECT_TIMEOUT = 2
STATEMENT_TIMEOUT = 5  # Then the statement is cancelled.
CANCEL_TIMEOUT = 0.5
ANSWER_TIMEOUT = STATEMENT_TIMEOUT + 1  # If the database does not answer to that either, the connection is closed.
