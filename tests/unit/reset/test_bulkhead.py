"""Slots: a number of them, and nobody waits."""

import pytest

from api.reset.bulkhead import Bulkhead, SlotsTaken
from api.settings import ApiSettings
from tests.support.service import SECRET


def test_beyond_the_slots_there_is_none_until_one_comes_free() -> None:
    slots = Bulkhead(2)

    with slots.take(), slots.take(), pytest.raises(SlotsTaken), slots.take():
        pass

    with slots.take(), slots.take():
        pass


def test_a_slot_comes_free_again_after_a_failure() -> None:
    slots = Bulkhead(1)

    with pytest.raises(ZeroDivisionError), slots.take():
        1 / 0  # noqa: B018 - what fails is of no matter.

    with slots.take():
        pass


@pytest.mark.parametrize(("threads", "slots"), [(1, 1), (2, 1), (4, 3), (16, 15)])
def test_one_thread_is_left_to_the_door_where_there_are_several(threads: int, slots: int) -> None:
    required = {"SECRET_KEY": SECRET, "REDIS_URL": "redis://localhost/0", "DATABASE_URL": "sqlite:////tmp/x.sqlite3"}

    settings = ApiSettings.load({**required, "USERS_HASH_FORMAT": "bcrypt", "WEB_THREADS": str(threads)})

    assert settings.reset_slots == slots
    assert settings.hashing_slots <= slots
