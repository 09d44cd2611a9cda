"""`python -m worker`, whose emails leave at once: for tests that are not about the moments of emails."""

from worker.app import Delays
from worker.start import start

if __name__ == "__main__":
    start(Delays(wait=(0.0, 0.0), task=0.0))
