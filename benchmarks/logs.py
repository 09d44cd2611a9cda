"""The folder of logs and data: gone afterwards, but for the logs of a run that failed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.run import say

_MOST = 5  # Logs that are named.


@contextmanager
def folder_for_logs() -> Iterator[Path]:
    """Make the folder, and after an error keep what is a log and say where to look, the last one written to first."""
    folder = Path(tempfile.mkdtemp(prefix="latchkey-bench-"))
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own where this runs as root.
    try:
        yield folder
    except Exception:
        _keep_logs(folder)
        raise
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)


def _keep_logs(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    logs = [path for path in files if path.suffix == ".log" and path.stat().st_size]
    for path in set(files) - set(logs):
        path.unlink()
    logs.sort(key=lambda log: log.stat().st_mtime, reverse=True)
    say("What the programs said is kept; the last to speak comes first:")
    for log in logs[:_MOST]:
        say(str(log))
