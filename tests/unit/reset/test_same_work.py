"""The holder of a genuine link must not learn from the time whether it was used, or its account is gone."""

import hmac
from collections import Counter
from threading import Semaphore
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.reset.password_reset import Resets
from shared.tokens import InvalidToken, Tokens
from shared.users import users as users_module
from shared.users.user import User
from shared.users.users import Users
from tests.support.service import SECRET

TOKENS = Tokens([SECRET], 86_400)
USED = ("1", "anna@example.com", "$2b$12$" + "b" * 53, 1, None, None)
TOKEN = TOKENS.issue("1", "$2b$12$" + "a" * 53, "anna@example.com")


def work(monkeypatch: pytest.MonkeyPatch, rows: list[tuple[Any, ...]]) -> Counter[str]:
    """Check the link over a table with these rows, and count what is done."""
    done: Counter[str] = Counter()

    def counted(name: str, function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            done[name] += 1
            return function(*arguments)

        return call

    users = Users.__new__(Users)
    users._without_password = "silent"
    users.table = cast(Any, SimpleNamespace(condition=None))
    read = counted("rows read", users_module._user)
    with monkeypatch.context() as patch:
        patch.setattr(users_module, "_user", read)
        patch.setattr(Users, "_load", lambda *_: [read(*row) for row in rows])
        patch.setattr(User, "offer", counted("offers", User.offer))
        patch.setattr(hmac, "digest", counted("keyed hashes", hmac.digest))
        patch.setattr(hmac, "compare_digest", counted("comparisons", hmac.compare_digest))
        uses, unused = cast(Any, SimpleNamespace(count=lambda _link: None)), cast(Any, None)
        with pytest.raises(InvalidToken):
            Resets(TOKENS, users, unused, Semaphore(1), uses, unused, b"", unused).check(TOKEN)
    return done


def test_a_used_link_and_one_whose_account_is_gone_cost_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    used, gone = work(monkeypatch, [USED]), work(monkeypatch, [])

    assert gone == used
    assert used["comparisons"] >= 1
    assert used["rows read"] == used["offers"] == 1
