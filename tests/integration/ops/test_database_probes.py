"""The probes of the database: what would keep a link or a reset from working is told before anybody meets it."""

from collections.abc import Callable

import pytest

from tests.conftest import MakeService
from tests.integration.users.roles import as_role
from tests.support.servers import wait_until
from tests.support.service import Service

TABLE = (
    "CREATE TABLE users "
    "(id {id}, email {email}, password_hash {hash}, is_active boolean, password_changed_at {changed})"
)
USUAL = {"id": "integer PRIMARY KEY", "email": "varchar(254)", "hash": "varchar(255)", "changed": "timestamptz"}
ROW = "INSERT INTO users SELECT n, 'u' || n || '@example.com', 'x', true FROM generate_series(1, {rows}) n"


def probed(service: Service) -> tuple[str, dict[str, str]]:
    """Return the status, and the hint of each probe that failed."""
    service.worker.sweeper.tick()
    status = service.client.get("/readyz").get_json()["status"]
    return status, {event["probe"]: event["hint"] for event in service.events("probe_failed")}


@pytest.fixture
def owner(make_service: MakeService, postgres_url: str) -> Service:
    return make_service(create_table=False, DATABASE_URL=postgres_url)


def create(owner: Service, *more: str, rows: int = 1, **columns: str) -> None:
    for statement in (TABLE.format(**(USUAL | columns)), ROW.format(rows=rows), *more):
        owner.sql(statement)


@pytest.fixture
def service_with(make_service: MakeService, owner: Service) -> Callable[..., Service]:
    def make(rights: str = "ALL ON ALL TABLES IN SCHEMA public", **environ: str) -> Service:
        return make_service(create_table=False, **({"DATABASE_URL": as_role(owner, [rights])} | environ))

    return make


MakeLimited = Callable[..., Service]


def test_a_table_that_fits_fails_no_probe(owner: Service, service_with: MakeLimited) -> None:
    create(owner)

    assert probed(service_with()) == ("ok", {})


@pytest.mark.parametrize("changed", [0, 1])
def test_a_probe_changes_and_locks_nothing(owner: Service, service_with: MakeLimited, changed: int) -> None:
    create(owner)
    before = owner.sql("SELECT *, xmin, ctid FROM users")

    probed(service_with())

    assert owner.sql("SELECT *, xmin, ctid FROM users") == before


RIGHTS = {
    "no UPDATE": ("SELECT ON users", "set_password"),
    "no UPDATE of the time": ("SELECT, UPDATE (password_hash) ON users", "set_password"),
    "no SELECT of the hash": ("SELECT (id, email, is_active), UPDATE ON users", "find_users"),
    "nothing": ("USAGE ON SCHEMA public", "find_users"),
}


@pytest.mark.parametrize(("rights", "probe"), RIGHTS.values(), ids=RIGHTS)
def test_a_missing_right_is_told_in_the_databases_own_words(
    owner: Service, service_with: MakeLimited, rights: str, probe: str
) -> None:
    create(owner)

    status, failures = probed(service_with(rights))

    assert status == "degraded"
    assert failures.keys() == {probe}
    assert "permission denied for table users (SQLSTATE 42501). Grant" in failures[probe]


COLUMNS = {
    "a hash column that is too short": (
        {"hash": "varchar(60)"},
        "holds 60 characters, and a hash of",
    ),
    "padded, and too short": ({"hash": "char(60)"}, "holds 60 characters"),
    "a domain that is too short": ({"hash": "short"}, "holds 20 characters"),
    "a time in seconds": ({"changed": "bigint"}, "password_changed_at is of the type bigint"),
    "a time as text": ({"changed": "text"}, "password_changed_at is of the type text"),
    "a hash that is a number": ({"hash": "integer"}, "(SQLSTATE 22P02)"),
    "a generated time": ({"changed": "text GENERATED ALWAYS AS ('x') STORED"}, "is of the type text"),
}


@pytest.mark.parametrize(("columns", "words"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_that_cannot_hold_what_a_reset_writes_is_told(
    owner: Service, service_with: MakeLimited, columns: dict[str, str], words: str
) -> None:
    owner.sql("CREATE DOMAIN short AS varchar(20)")
    owner.sql(TABLE.format(**(USUAL | columns)))

    status, failures = probed(service_with(USERS_HASH_FORMAT="django-bcrypt-sha256"))

    assert status == "degraded"
    assert words in failures["set_password"]


def test_a_widened_column_is_noticed_without_a_restart(owner: Service, service_with: MakeLimited) -> None:
    create(owner, hash="varchar(50)")
    service = service_with()
    assert "set_password" in probed(service)[1]

    owner.sql("ALTER TABLE users ALTER COLUMN password_hash TYPE varchar(255)")

    wait_until(lambda: probed(service)[0] == "ok", "it is not noticed", 3)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("SELECT DISTINCT * FROM people", "INSTEAD OF UPDATE trigger"),
        ("SELECT id, email, password_hash || '' AS password_hash, is_active, password_changed_at FROM people", "0A000"),
    ],
)
def test_a_view_that_takes_no_update_is_told(owner: Service, service_with: MakeLimited, view: str, words: str) -> None:
    create(owner, "ALTER TABLE users RENAME TO people", f"CREATE VIEW users AS {view}")

    status, failures = probed(service_with())

    assert (status, set(failures)) == ("degraded", {"set_password"})
    assert words in failures["set_password"]


POLICIES = {
    "no policy": ([], "SELECT"),
    "a policy for SELECT alone": (["CREATE POLICY p ON users FOR SELECT USING (true)"], "UPDATE"),
    "a policy for another role": (["CREATE POLICY p ON users TO pg_monitor USING (true)"], "SELECT"),
    "a tenant that nobody names": (
        ["CREATE POLICY p ON users USING (id = current_setting('app.tenant', true)::int)"],
        "SELECT",
    ),
}


@pytest.mark.parametrize(("policies", "command"), POLICIES.values(), ids=POLICIES)
def test_row_level_security_that_hides_every_row_is_told(
    owner: Service, service_with: MakeLimited, policies: list[str], command: str
) -> None:
    create(owner, "ALTER TABLE users ENABLE ROW LEVEL SECURITY", *policies, "ANALYZE users")

    status, failures = probed(service_with())

    assert (status, set(failures)) == ("degraded", {"row_security"})
    assert f"hides every row of users from {command}" in failures["row_security"]


def test_policies_that_let_latchkey_work_are_fine(owner: Service, service_with: MakeLimited) -> None:
    create(owner, "ALTER TABLE users ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON users USING (true)")

    assert probed(service_with()) == ("ok", {})


INDEXES = {
    "none": ([], True),
    "on lower(email) alone": (["CREATE INDEX ON users (lower(email))"], True),
    "on other columns first": (["CREATE INDEX ON users (is_active, email)"], False),
    "partial, for others": (["CREATE INDEX ON users (email) WHERE NOT is_active"], True),
    "on email": (["CREATE INDEX ON users (email)"], False),
    "partial, as USERS_FILTER": (["CREATE INDEX ON users (email) WHERE is_active"], True),
}


@pytest.mark.parametrize("email", ["varchar(254)", "text", "citext"])
@pytest.mark.parametrize(("indexes", "missing"), INDEXES.values(), ids=INDEXES)
def test_a_look_up_that_reads_a_large_table_is_a_hint(
    owner: Service, service_with: MakeLimited, indexes: list[str], email: str, *, missing: bool
) -> None:
    owner.sql("CREATE EXTENSION citext")
    create(owner, *indexes, "ANALYZE users", rows=20_000, email=email)
    service = service_with()

    status, failures = probed(service)

    assert status == "ok"
    assert ("lookup_index" in failures) == missing
    if missing:
        assert "some 20000 rows. Make one: CREATE INDEX ON users (email)." in failures["lookup_index"]
        assert service.events("probe_failed")[0]["level"] == "warning"


@pytest.mark.parametrize(("index", "missing"), [("email", True), ("lower(email)", False)])
def test_a_look_up_in_lower_case_needs_an_index_of_its_own(
    owner: Service, service_with: MakeLimited, index: str, *, missing: bool
) -> None:
    create(owner, f"CREATE INDEX ON users ({index})", "ANALYZE users", rows=20_000)

    _, failures = probed(service_with(USERS_EMAIL_MATCH="lower"))

    assert ("lookup_index" in failures) == missing
    if missing:
        assert "CREATE INDEX ON users (lower(email))." in failures["lookup_index"]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("PRIMARY KEY (email, id)", True),
        ("UNIQUE (email)", True),
        ("UNIQUE (id)", False),
        ("PRIMARY KEY (id)", False),
    ],
)
@pytest.mark.parametrize("database", ["postgres", "sqlite"])
def test_an_id_that_is_not_unique_by_itself_is_a_hint(
    make_service: MakeService, request: pytest.FixtureRequest, database: str, key: str, *, told: bool
) -> None:
    service = make_service(create_table=False, DATABASE_URL=request.getfixturevalue(f"{database}_url"))
    service.sql(TABLE.format(**(USUAL | {"id": "integer", "changed": f"timestamp, {key}"})))

    status, failures = probed(service)

    assert status == "ok"
    assert failures.keys() == ({"unique_id"} if told else set())


def test_a_large_table_of_sqlite_without_an_index_is_a_hint_too(service: Service) -> None:
    service.sql("DROP TABLE users")
    service.sql(TABLE.format(**USUAL))
    service.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10002) "
        "INSERT INTO users SELECT i, 'u' || i || '@example.com', 'x', true, NULL FROM n"
    )

    status, failures = probed(service)

    assert (status, set(failures)) == ("ok", {"lookup_index"})


def test_a_file_of_sqlite_that_cannot_be_written_is_told(make_service: MakeService, sqlite_url: str) -> None:
    make_service()
    service = make_service(create_table=False, DATABASE_URL=f"{sqlite_url}?mode=ro")

    status, failures = probed(service)

    assert (status, set(failures)) == ("degraded", {"set_password"})
    assert "attempt to write a readonly database (SQLITE_READONLY)" in failures["set_password"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user": "nobody_of_this_name"}, 'role "nobody_of_this_name" does not exist'),
        ({"dbname": "no_such_database"}, 'database "no_such_database" does not exist'),
    ],
)
def test_a_log_in_that_is_refused_is_told_in_the_databases_own_words(
    make_service: MakeService, postgres_url: str, change: dict[str, str], words: str
) -> None:
    parameters = "&".join(f"{name}={value}" for name, value in change.items())
    service = make_service(create_table=False, DATABASE_URL=f"{postgres_url}&{parameters}")

    status, failures = probed(service)

    assert status == "degraded"
    assert words in failures["find_users"]
