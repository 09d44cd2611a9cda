"""How many server threads resets and checks may block; requests beyond that are refused, not queued."""

from collections.abc import Callable
from threading import Semaphore
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.reset.password_reset import Resets, ResetsBusy
from api.settings.settings import ApiSettings
from shared.tokens import InvalidToken, Tokens
from shared.users.user import User
from tests.support.service import SECRET

TOKENS = Tokens([SECRET], 86_400)
TOKEN = TOKENS.issue("1", "hash", "anna@example.com")


def resets(number: int, look_up: Callable[[str], list[User]]) -> Resets:
    """Return resets with this many slots, over a users table that calls `look_up` for each look-up and finds nobody."""
    unused = cast(Any, None)
    users = cast(Any, SimpleNamespace(with_link=look_up))
    uses = cast(Any, SimpleNamespace(count=lambda _link: None))
    return Resets(TOKENS, users, unused, Semaphore(number), uses, unused, b"", unused)


def test_a_check_is_refused_while_all_slots_are_taken_and_the_next_one_is_not() -> None:
    depth = 0

    def check_once_more(_user_id: str) -> list[User]:
        nonlocal depth
        depth += 1
        if depth <= 2:
            two.check(TOKEN)
        return []

    two = resets(2, check_once_more)

    with pytest.raises(ResetsBusy):
        two.check(TOKEN)
    with pytest.raises(InvalidToken):
        two.check(TOKEN)


def test_a_slot_comes_free_again_after_a_failure() -> None:
    def fail(_user_id: str) -> list[User]:
        raise ZeroDivisionError

    one = resets(1, fail)

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            one.check(TOKEN)


@pytest.mark.parametrize(("threads", "slots"), [(1, 1), (2, 1), (4, 3), (16, 15)])
def test_one_of_several_threads_is_kept_free_for_other_requests(threads: int, slots: int) -> None:
    required = {"SECRET_KEY": SECRET, "REDIS_URL": "redis://localhost/0", "DATABASE_URL": "sqlite:////tmp/x.sqlite3"}

    settings = ApiSettings.load({**required, "USERS_HASH_FORMAT": "bcrypt", "WEB_THREADS": str(threads)})

    assert settings.reset_slots == slots
    assert settings.hashing_slots <= slots
