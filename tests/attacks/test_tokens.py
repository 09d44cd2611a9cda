"""Tokens: forged, old, used, or meant for something else."""

from tests.attacks.target import DEAD, Target


def test_a_link_is_used_a_second_time(target: Target) -> None:
    """Replay of a reset token (Parse Server GHSA-r3xq-68wh-gwvh)."""
    target.add_user("anna@example.com")
    token = target.link_for("anna@example.com")
    assert target.reset(token).status == 200
    stored = target.stored_hash("anna@example.com")

    again = target.reset(token, "another password of mine")

    assert again.outcome == DEAD
    assert target.stored_hash("anna@example.com") == stored
