"""Random ids have the requested length and never repeat, not even across processes."""

import os
import re

import pytest

from shared.ids import DRAWN, RandomIds


def test_an_id_has_its_length_and_never_comes_again() -> None:
    new_id = RandomIds(32)
    ids = [new_id() for _ in range(3 * DRAWN)]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_draws_its_own() -> None:
    new_id = RandomIds(16)
    new_id()
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:
        os.write(writing, "".join(new_id() for _ in range(DRAWN)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as told:
        theirs = told.read()

    assert len(theirs) == 16 * DRAWN
    assert {theirs[at : at + 16] for at in range(0, len(theirs), 16)}.isdisjoint(new_id() for _ in range(DRAWN))
