from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.redis_server import NoRedisServer, find_server
from tests.conftest import missing
from tests.e2e.demo import WELCOMED, Demo


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    try:
        find_server()
    except NoRedisServer as error:
        missing(str(error))
    running = Demo(tmp_path_factory.mktemp("demo"))
    running.wait_for(WELCOMED)
    yield running
    running.stop()
