"""Helper that tries a password with a valid link."""

from tests.attacks.target import Target

ANNA = "anna.jones@example.com"


def refusal(target: Target, password: object) -> tuple[int, str, list[str]]:
    """Try a password with Anna's link, and assert that neither her account nor the link changed."""
    if not target.sql("SELECT id FROM users WHERE email = :email", email=ANNA):
        target.add_user(ANNA)
    stored, token = target.stored_hash(ANNA), target.token_of(ANNA)
    answer = target.reset(token, password)
    assert target.stored_hash(ANNA) == stored
    assert target.check(token).status == 200
    return (*answer.outcome, answer.json.get("reasons") or [])
