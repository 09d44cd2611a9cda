"""The probes of the database: what would keep a link or a reset from working is told before anybody meets it."""

import re
import time

import pytest

from api.ops.health import STATUS_TIMEOUT
from tests.conftest import MakeService
from tests.integration.probes.users_tables import TABLE, USUAL, MakeLimited, create, probed
from tests.support.compose import PROJECT
from tests.support.servers import wait_until
from tests.support.service import Service


def test_a_table_that_fits_fails_no_probe(owner: Service, service_with: MakeLimited) -> None:
    create(owner)

    assert probed(service_with()) == ("ok", {})


@pytest.mark.parametrize("changed", [0, 1])
def test_a_probe_changes_and_locks_nothing(owner: Service, service_with: MakeLimited, changed: int) -> None:
    create(owner)
    before = owner.sql("SELECT *, xmin, ctid FROM users")

    probed(service_with())

    assert owner.sql("SELECT *, xmin, ctid FROM users") == before


def test_a_rehearsed_reset_seldom_fires_the_triggers_of_its_statement(
    owner: Service, service_with: MakeLimited
) -> None:
    """Each is rolled back, but a trigger may send messages, or wait."""
    counted = "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
    body = "$$ BEGIN PERFORM nextval('fired'); RETURN NULL; END $$"  # A sequence is not rolled back.
    trigger = "CREATE TRIGGER counted AFTER UPDATE ON users FOR EACH STATEMENT EXECUTE FUNCTION fire()"
    create(owner, "DROP SEQUENCE IF EXISTS fired", "CREATE SEQUENCE fired", counted + body, trigger)
    service = service_with()

    for _ in range(3):
        assert probed(service) == ("ok", {})
        time.sleep(STATUS_TIMEOUT)

    assert owner.sql("SELECT last_value, is_called FROM fired") == [(1, True)]


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


@pytest.mark.parametrize(("program", "failing"), [("api", set()), ("worker", {"set_password"})])
def test_the_rights_in_the_guide_are_enough(
    owner: Service, service_with: MakeLimited, program: str, failing: set[str]
) -> None:
    create(owner)
    guide = (PROJECT / "docs/production.md").read_text(encoding="utf-8")
    (rights,) = re.findall(rf"^GRANT (.*) TO latchkey_{program};$", guide, re.MULTILINE)

    _, failures = probed(service_with(rights, USERS_PASSWORD_CHANGED_COLUMN=""))

    assert failures.keys() == failing


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
    owner.sql(TABLE.format(**(USUAL | {"hash": "varchar(50)"})))
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


@pytest.mark.parametrize(("type_", "as_it"), [("json", "id::text::json"), ("point", "point(id, id)")])
def test_an_id_that_cannot_be_compared_is_told(
    owner: Service, service_with: MakeLimited, type_: str, as_it: str
) -> None:
    """The look-up by address would find a user, and every link would be dead."""
    create(owner, f"ALTER TABLE users ALTER id TYPE {type_} USING {as_it}", id="integer")

    status, failures = probed(service_with())

    assert status == "degraded"
    assert "SQLSTATE 42883" in failures["load_user"]
    assert "find_users" not in failures
