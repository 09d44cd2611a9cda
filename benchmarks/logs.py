"""A temporary folder for logs and data; if a run fails, its logs are kept."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.faults.run import say

_MOST = 5  # Log files to list.


@contextmanager
def folder_for_logs() -> Iterator[Path]:
    """Create the folder; after an error, keep its log files and print their paths, most recently written first."""
    folder = Path(tempfile.mkdtemp(prefix="latchkey-bench-"))
    folder.chmod(0o755)  # If this runs as root, PostgreSQL runs as a separate user.
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
    say("The log files have been kept, most recently written first:")
    for log in logs[:_MOST]:
        say(str(log))


def end_cleanly() -> None:
    """Let SIGTERM end this program as Ctrl-C does: all programs that it started are stopped."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
