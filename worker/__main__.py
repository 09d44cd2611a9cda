"""`python -m worker`: check the settings, then work."""

from worker.app import create_worker


def main() -> None:
    """Work until a signal.

    Raises SettingsError, which ends the process with every problem on standard error.
    """
    worker = create_worker()
    # Mingle costs a second at every connect, and neither it nor gossip is of use: workers share nothing but Redis.
    worker.celery.worker_main(["--quiet", "worker", "--without-mingle", "--without-gossip"])


if __name__ == "__main__":
    main()
