"""Users tables for the tests of probes: made by their owner, and probed by a user of the database with few rights."""

from collections.abc import Callable

from tests.support.service import Service

MakeLimited = Callable[..., Service]
TABLE = (
    "CREATE TABLE users "
    "(id {id}, email {email}, password_hash {hash}, is_active boolean, password_changed_at {changed})"
)
USUAL = {"id": "integer PRIMARY KEY", "email": "varchar(254)", "hash": "varchar(255)", "changed": "timestamptz"}
ROW = (
    "INSERT INTO users SELECT n, 'u' || n || '@example.com', '$2b$04$' || repeat('a', 53), true "
    "FROM generate_series(1, {rows}) n"
)


def probed(service: Service) -> tuple[str, dict[str, str]]:
    """Return the status, and the hint of each probe that failed."""
    service.worker.sweeper.tick()
    status = service.client.get("/readyz").get_json()["status"]
    return status, {event["probe"]: event["hint"] for event in service.events("probe_failed")}


def create(owner: Service, *more: str, rows: int = 1, **columns: str) -> None:
    for statement in (TABLE.format(**(USUAL | columns)), ROW.format(rows=rows), *more):
        owner.sql(statement)
