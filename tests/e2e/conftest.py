import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.stack.ports import taken_ports
from tests.conftest import require_redis
from tests.e2e.demo import METRICS_TOKEN, WELCOMED, Demo


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")
            item.add_marker("no_cover")  # The tested code runs in other processes, where coverage is not measured.


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    require_redis()
    running = Demo(tmp_path_factory.mktemp("demo"), METRICS_TOKEN=METRICS_TOKEN)
    running.wait_for(WELCOMED)
    yield running
    # test_ending.py checks the same for Ctrl-C. SIGTERM is checked here, because another demo costs 6 s of CPU.
    code = running.stop(signal.SIGTERM)
    assert code == 0
    assert taken_ports(running.ports) == []
    assert "Traceback" not in running.output()
