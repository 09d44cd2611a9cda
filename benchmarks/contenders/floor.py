"""The floor: the least that a Flask view of this kind does, JSON in, 202 out."""

from flask import Flask, request
from flask.typing import ResponseReturnValue

app = Flask(__name__)


@app.post("/forgot-password")
def forgot_password() -> ResponseReturnValue:
    """Read the address and do nothing with it."""
    assert request.get_json()["email"]
    return {"message": "accepted"}, 202
