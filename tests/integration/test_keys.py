"""Key rotation: put the new key first, restart the API and the worker in any order, and remove the old one later.

As in docs/production.md: give every program both keys before removing the old one.
"""

from itertools import pairwise

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.service import SECRET

NEW = "unit-test-key-two-9876543210-zyxwvutsrq"


def test_a_link_made_under_the_old_key_works_after_a_new_one_is_put_in_front(make_service: MakeService) -> None:
    before = make_service()
    before.add_user("anna@example.com")
    token = before.link_for("anna@example.com")

    after = make_service(create_table=False, SECRET_KEY=f"{NEW},{SECRET}")

    assert after.check(token).status_code == 200
    assert after.reset(token).status_code == 200


@pytest.mark.parametrize("first", ["api", "worker"])
def test_either_program_may_be_restarted_first(make_service: MakeService, first: str) -> None:
    """docs/production.md: first `OLD,NEW` everywhere, then `NEW,OLD` everywhere, with any order of restarts."""
    steps = [SECRET, f"{SECRET},{NEW}", f"{NEW},{SECRET}"]
    make_service().add_user("anna@example.com")
    for old, new in pairwise(steps):
        api_keys, worker_keys = (new, old) if first == "api" else (old, new)
        api = make_service(create_table=False, SECRET_KEY=api_keys)
        worker = make_service(create_table=False, SECRET_KEY=worker_keys)
        api.forgot("anna@example.com")
        worker.work()

        assert api.check(worker.newest_token()).status_code == 200


def test_removing_a_key_makes_its_links_void(make_service: MakeService) -> None:
    before = make_service()
    stored = before.add_user("anna@example.com")
    token = before.link_for("anna@example.com")

    after = make_service(create_table=False, SECRET_KEY=NEW)

    assert after.reset(token).status_code == 400
    assert after.stored_hash("anna@example.com") == stored


def test_a_notice_is_mailed_when_the_keys_change_between_reset_and_mail(make_service: MakeService) -> None:
    before = make_service()
    before.add_user("anna@example.com")
    before.reset(before.link_for("anna@example.com"))

    after = make_service(create_table=False, SECRET_KEY=f"{NEW},{SECRET}")
    after.work()

    assert after.relay.subjects()[-1] == "Your Latchkey password was changed"


def test_a_reset_that_failed_sends_no_notice_when_the_keys_change_before_the_worker_looks(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = make_service()
    before.add_user("anna@example.com")
    token = before.link_for("anna@example.com")
    monkeypatch.setattr("shared.users.users.Users.set_password", lambda *_: False)
    before.reset(token)
    for waiting in before.redis.zrange(Key.LATER, 0, -1):
        before.redis.zadd(Key.LATER, {str(waiting): 0})

    make_service(create_table=False, SECRET_KEY=f"{NEW},{SECRET}").work()

    assert before.relay.subjects() == ["Reset your Latchkey password"]
