from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # Each of these repeats what other tests cover, a hundred times: to watch it takes as long as to do it.
            item.add_marker("no_cover")
