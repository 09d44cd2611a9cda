"""What a server process does beside its requests, once a second."""

from api.ops.counters import Counters
from api.ops.memory import Memory
from shared.ticker import Ticker


def watch(memory: Memory, counters: Counters) -> Ticker:
    """Return the thread that publishes what the process counted and looks at Redis's memory."""

    def publish_and_look() -> None:
        counters.publish()
        memory.sample()

    return Ticker("watch", publish_and_look, publish_and_look)
