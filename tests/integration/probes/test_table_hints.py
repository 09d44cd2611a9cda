"""What is worth knowing about a users table although everything works is a warning, and /readyz stays `ok`."""

import pytest

from tests.conftest import MakeService
from tests.integration.probes.users_tables import TABLE, USUAL, MakeLimited, create, probed
from tests.support.service import Service

INDEXES = {
    "none": ([], True),
    "on lower(email) alone": (["CREATE INDEX ON users (lower(email))"], True),
    "on other columns first": (["CREATE INDEX ON users (is_active, email)"], False),
    "partial, for others": (["CREATE INDEX ON users (email) WHERE NOT is_active"], True),
    "on email": (["CREATE INDEX ON users (email)"], False),
    "partial, as USERS_FILTER": (["CREATE INDEX ON users (email) WHERE is_active"], True),
}
MANY_ROWS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10002) "
    "INSERT INTO users SELECT i, 'u' || i || '@example.com', NULL, true, NULL FROM n"
)


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
        assert "more than 10,000 rows. Make one: CREATE INDEX users_email ON users (email)." in failures["lookup_index"]
        assert service.events("probe_failed")[0]["level"] == "warning"


@pytest.mark.parametrize(("index", "missing"), [("email", True), ("lower(email)", False)])
def test_a_look_up_in_lower_case_needs_an_index_of_its_own(
    owner: Service, service_with: MakeLimited, index: str, *, missing: bool
) -> None:
    create(owner, f"CREATE INDEX ON users ({index})", "ANALYZE users", rows=20_000)

    _, failures = probed(service_with(USERS_EMAIL_MATCH="lower"))

    assert ("lookup_index" in failures) == missing
    if missing:
        assert "CREATE INDEX users_lower_email ON users (lower(email))." in failures["lookup_index"]


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
    service.sql(MANY_ROWS)

    status, failures = probed(service)

    assert (status, set(failures)) == ("ok", {"lookup_index"})
    assert "more than 10,000 rows." in failures["lookup_index"]
    service.sql(failures["lookup_index"].partition("Make one: ")[2].rstrip("."))
    assert service.sql("SELECT name FROM pragma_index_list('users') WHERE origin = 'c'") == [("users_email",)]


@pytest.mark.parametrize("database", ["postgres", "sqlite"])
def test_a_view_gets_its_index_on_the_table_behind_it(
    make_service: MakeService, request: pytest.FixtureRequest, database: str
) -> None:
    url = request.getfixturevalue(f"{database}_url")
    service = make_service(create_table=False, DATABASE_URL=url, USERS_TABLE="latchkey_users")
    service.sql(TABLE.format(**(USUAL | {"changed": "timestamp"})))
    service.sql(MANY_ROWS)
    service.sql("CREATE VIEW latchkey_users AS SELECT * FROM users")
    if database == "postgres":
        service.sql("ANALYZE users")

    _, failures = probed(service)

    assert "CREATE INDEX" not in failures["lookup_index"]
    assert "Make an index on the addresses of the table behind the view" in failures["lookup_index"]


@pytest.mark.parametrize(
    ("email", "settings", "told"),
    [
        ("varchar(254)", {}, True),
        ("varchar(254)", {"USERS_EMAIL_MATCH": "lower"}, False),
        ("citext", {}, False),
    ],
)
def test_addresses_that_are_only_found_with_their_capitals_are_a_hint(
    owner: Service, service_with: MakeLimited, email: str, settings: dict[str, str], *, told: bool
) -> None:
    owner.sql("CREATE EXTENSION citext")
    create(owner, "UPDATE users SET email = 'Bert@Example.com' WHERE id = 2", rows=3, email=email)

    status, failures = probed(service_with(**settings))

    assert status == "ok"
    assert ("capitals" in failures) == told
    if told:
        assert "1 of 3 addresses" in failures["capitals"]
        assert "USERS_EMAIL_MATCH=lower, which needs an index on lower(email) of users" in failures["capitals"]


def test_addresses_in_lower_case_are_no_hint(owner: Service, service_with: MakeLimited) -> None:
    create(owner, rows=3)

    assert "capitals" not in probed(service_with())[1]
