"""How many passwords are set and hashed simultaneously."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.passwords.formats.hash_format import MAX_MEMORY
from api.passwords.hashing import Hashing, HashingBusy, at_a_time
from shared.tokens import InvalidToken


def test_no_slot_is_left_when_all_are_taken() -> None:
    two = Hashing(slots=2)

    with two.slot("anna's"), two.slot("berta's"):
        with pytest.raises(HashingBusy), two.slot("carla's"):
            pass
        while_both_are_taken = two.waiting

    with two.slot("carla's"):
        assert (while_both_are_taken, two.waiting) == (2, 1)


def test_a_link_is_invalid_to_others_while_its_password_is_being_set() -> None:
    one = Hashing(slots=1)

    with one.slot("anna's"), pytest.raises(InvalidToken), one.slot("anna's"):
        pass

    with one.slot("anna's"):
        assert one.waiting == 1


def test_links_that_were_tried_before_leave_slots_to_those_that_were_not() -> None:
    four = Hashing(slots=4)

    with four.slot("eve's", again=True), four.slot("eve's other", again=True):
        with pytest.raises(HashingBusy), four.slot("eve's third", again=True):
            pass
        with four.slot("anna's"), four.slot("berta's"):
            assert four.waiting == 4

    with four.slot("eve's third", again=True):
        assert four.waiting == 1


def test_one_link_used_at_once_counts_as_tried_before() -> None:
    six = Hashing(slots=6)

    with six.slot("eve's"), six.slot("eve's"), six.slot("eve's"), six.slot("eve's"):
        with pytest.raises(InvalidToken), six.slot("eve's"):
            pass
        with six.slot("anna's"), six.slot("berta's"):
            assert six.waiting == 6


def test_with_one_slot_a_link_may_be_tried_again() -> None:
    one = Hashing(slots=1)

    with one.slot("anna's", again=True):
        assert one.waiting == 1


def test_a_slot_comes_free_again_even_after_a_failure() -> None:
    one = Hashing(slots=1)

    with pytest.raises(ZeroDivisionError), one.slot("anna's"):
        one.run(lambda: str(1 // 0), MAX_MEMORY)

    assert one.waiting == 0
    assert one.run(lambda: "a hash", MAX_MEMORY) == "a hash"


def test_a_hash_that_cannot_start_in_time_is_refused_and_never_computed() -> None:
    hashed: list[str] = []
    begun, ended = threading.Event(), threading.Event()

    def slowly() -> str:
        hashed.append("the first")
        begun.set()
        ended.wait(10)
        return "a hash"

    def never() -> str:
        hashed.append("the second")
        return "another"

    one = Hashing(slots=1, wait_for_hash=0.01)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(one.run, slowly, 0)
        begun.wait(10)
        with pytest.raises(HashingBusy):
            one.run(never, 0)
        ended.set()

        assert first.result(10) == "a hash"
    assert hashed == ["the first"]


@pytest.mark.parametrize(("memory", "together"), [(MAX_MEMORY // 2 + 1, 1), (MAX_MEMORY // 2, 2), (0, 4)])
def test_hashes_that_need_much_memory_are_computed_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, memory: int, together: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(5)), raising=False)
    four, at_once, most, counting = Hashing(slots=4), 0, 0, threading.Lock()

    def hash_() -> str:
        nonlocal at_once, most
        with counting:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.2)
        with counting:
            at_once -= 1
        return "a hash"

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: four.run(hash_, memory), range(4)))

    assert most == together


@pytest.mark.parametrize(
    ("cores", "processes", "hashed"),
    [(1, 1, [1, 1]), (2, 1, [1, 1]), (4, 1, [2, 3]), (64, 1, [2, 16]), (2, 2, [1, 1]), (8, 2, [2, 3]), (8, 7, [1, 1])],
)
def test_hashing_leaves_one_core_free_if_there_are_enough(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int, hashed: list[int]
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)

    assert [at_a_time(slots, processes) for slots in (2, 16)] == hashed
