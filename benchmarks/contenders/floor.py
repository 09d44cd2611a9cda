"""The floor: a minimal Flask view that reads JSON and returns 202."""

from flask import Flask, request
from flask.typing import ResponseReturnValue

app = Flask(__name__)


@app.post("/forgot-password")
def forgot_password() -> ResponseReturnValue:
    """Read the address and ignore it."""
    assert request.get_json()["email"]
    return {"message": "accepted"}, 202
