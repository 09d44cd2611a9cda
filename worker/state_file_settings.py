"""The setting that `python -m worker alive` needs."""

import tempfile
from pathlib import Path

from pydantic import Field

from shared.settings.environment import FromEnvironment


class StateFileSettings(FromEnvironment):
    """Where the worker writes whether it lives."""

    worker_state_file: str = Field(
        default="",
        description="The file in which a worker tells `python -m worker alive` that it lives; several workers on one "
        "machine need a file each. Empty: `latchkey-worker.json` in the folder for temporary files.",
    )

    @property
    def state_file(self) -> Path:
        """The path of the file."""
        return Path(self.worker_state_file or Path(tempfile.gettempdir()) / "latchkey-worker.json")
