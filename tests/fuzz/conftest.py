from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # These tests repeat what others cover, a hundred times; measuring coverage would double the time.
            item.add_marker("no_cover")
