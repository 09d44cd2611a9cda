"""The probes of the users table that both programs need."""

from collections.abc import Callable

from shared.probes import Probe, Rarely
from shared.users.row_security import check_row_security
from shared.users.users import Users

Attempt = Callable[[], None]


def table_probes(users: Users, connected: Callable[[Attempt], Attempt], *, updates: bool) -> list[Probe]:
    """Return the probes. connected: makes an attempt one with a connection; updates: whether passwords are set."""

    def see_rows() -> None:
        check_row_security(users.table, updates=updates)

    return [
        Probe("find_users", connected(users.probe)),
        Probe("load_user", connected(Rarely(users.probe_id)), after="find_users"),
        Probe("row_security", connected(Rarely(see_rows)), after="find_users"),
    ]
