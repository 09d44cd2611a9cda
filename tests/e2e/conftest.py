from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import require_redis
from tests.e2e.demo import METRICS_TOKEN, WELCOMED, Demo


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    require_redis()
    running = Demo(tmp_path_factory.mktemp("demo"), METRICS_TOKEN=METRICS_TOKEN)
    running.wait_for(WELCOMED)
    yield running
    running.stop()
