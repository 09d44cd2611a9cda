"""A reset that the database does not carry out is the operator's fault: 503, the link stays good, nobody is told."""

from typing import Any

import pytest

from tests.conftest import MakeService
from tests.integration.users.roles import as_role
from tests.support.outbox import unfinished
from tests.support.servers import wait_until
from tests.support.service import Service

ANNA = "anna@example.com"
SELECT_POLICY = [
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY all_rows ON users FOR SELECT USING (true)",
]
FUNCTION = "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
TRIGGER = "CREATE TRIGGER keep BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep()"
VIEW = [
    "ALTER TABLE users RENAME TO people",
    "CREATE VIEW users AS SELECT * FROM people",
    "CREATE TRIGGER keep INSTEAD OF UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep()",
]
IGNORED: dict[str, list[str]] = {
    "row level security with a policy for SELECT alone": SELECT_POLICY,
    "a trigger that returns NULL": [FUNCTION.format(body="RETURN NULL;"), TRIGGER],
    "a trigger that keeps the old hash": [
        FUNCTION.format(body="NEW.password_hash := OLD.password_hash; RETURN NEW;"),
        TRIGGER,
    ],
    "a trigger that cuts the hash": [
        FUNCTION.format(body="NEW.password_hash := left(NEW.password_hash, 40); RETURN NEW;"),
        TRIGGER,
    ],
    "a rule that does nothing": ["CREATE RULE keep AS ON UPDATE TO users DO INSTEAD NOTHING"],
    "a view whose trigger does nothing": [FUNCTION.format(body="RETURN NEW;"), *VIEW],
}


@pytest.fixture
def owner(make_service: MakeService, postgres_url: str) -> Service:
    service = make_service(DATABASE_URL=postgres_url)
    service.add_user(ANNA)
    return service


def restricted(make_service: MakeService, owner: Service, statements: list[str]) -> Service:
    for statement in statements:
        owner.sql(statement)
    url = as_role(owner, ["SELECT, UPDATE ON ALL TABLES IN SCHEMA public"])
    return make_service(create_table=False, DATABASE_URL=url)


@pytest.mark.parametrize("statements", IGNORED.values(), ids=IGNORED)
def test_an_update_that_the_database_ignores_is_no_dead_link(
    make_service: MakeService, owner: Service, statements: list[str]
) -> None:
    service = restricted(make_service, owner, statements)
    token, stored = service.link_for(ANNA), owner.stored_hash(ANNA)

    answer = service.reset(token)

    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    assert owner.stored_hash(ANNA) == stored
    assert service.check(token).status_code == 200
    (told,) = service.events("reset_impossible")
    assert told["level"] == "error"
    assert "policies of row level security" in told["hint"]
    assert "triggers" in told["hint"]
    service.work()
    assert (len(service.relay.mails), unfinished(service.redis)) == (1, 0)


def failing(service: Service) -> dict[str, str]:
    service.worker.sweeper.tick()
    service.client.get("/readyz")
    return {event["probe"]: event["hint"] for event in service.events("probe_failed")}


def test_readiness_remembers_a_refused_reset_until_one_succeeds(make_service: MakeService, owner: Service) -> None:
    service = restricted(make_service, owner, IGNORED["a trigger that returns NULL"])
    token = service.link_for(ANNA)
    assert failing(service) == {}

    service.reset(token)

    wait_until(lambda: failing(service).keys() == {"last_reset"}, "nothing is told", 3)
    owner.sql("DROP TRIGGER keep ON users")
    assert service.reset(token).status_code == 200
    wait_until(lambda: service.client.get("/readyz").json == {"status": "ok"}, "it is not forgotten", 3)


def test_a_trigger_may_write_the_hash_in_a_form_of_its_own(make_service: MakeService, owner: Service) -> None:
    body = "NEW.password_hash := '{bcrypt}' || NEW.password_hash; RETURN NEW;"
    service = restricted(make_service, owner, [FUNCTION.format(body=body), TRIGGER])

    assert service.reset(service.link_for(ANNA)).status_code == 200
    assert owner.stored_hash(ANNA).startswith("{bcrypt}$2b$")


REFUSED: dict[str, tuple[list[str], str]] = {
    "a trigger that raises an error": (
        [FUNCTION.format(body="RAISE EXCEPTION 'no new password for % now', NEW.email;"), TRIGGER],
        "RaiseException (SQLSTATE P0001)",
    ),
    "a trigger that raises an error of another class": (
        [FUNCTION.format(body="RAISE EXCEPTION 'not for %', NEW.email USING ERRCODE = '42501';"), TRIGGER],
        "InsufficientPrivilege (SQLSTATE 42501)",
    ),
    "a trigger at the commit": (
        [
            FUNCTION.format(body="RAISE EXCEPTION 'not today'; RETURN NULL;"),
            (
                "CREATE CONSTRAINT TRIGGER keep AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION keep()"
            ),
        ],
        "RaiseException (SQLSTATE P0001)",
    ),
    "a constraint": (
        ["ALTER TABLE users ADD CONSTRAINT argon_only CHECK (length(password_hash) <> 60) NOT VALID"],
        "CheckViolation argon_only (SQLSTATE 23514)",
    ),
    "a policy with a check": (
        [
            *SELECT_POLICY,
            "CREATE POLICY none ON users FOR UPDATE USING (true) WITH CHECK (password_hash NOT LIKE '$2b$%')",
        ],
        'row-level security policy for table "users" (SQLSTATE 42501)',
    ),
}


@pytest.mark.parametrize(("statements", "words"), REFUSED.values(), ids=REFUSED)
def test_what_the_database_says_to_a_refused_reset_is_in_the_log_without_values(
    make_service: MakeService, owner: Service, statements: list[str], words: str
) -> None:
    service = restricted(make_service, owner, statements)
    token = service.link_for(ANNA)

    assert service.reset(token).status_code == 503

    assert words in service.events("unavailable")[0]["hint"]
    assert ANNA not in service.logs.getvalue()
    assert "$2b$" not in service.logs.getvalue()
    assert not any(said in service.logs.getvalue() for said in ("not for", "not today", "no new password"))
    # A trigger's refusal may concern this user alone.
    of_a_trigger = "trigger" in " ".join(statements).lower()
    assert of_a_trigger or words in failing(service)["last_reset"]
    assert not of_a_trigger or failing(service) == {}


@pytest.mark.parametrize("body", ["IGNORE", "ABORT, 'not today'"])
def test_triggers_of_sqlite_are_told_in_the_same_way(service: Service, body: str) -> None:
    service.add_user(ANNA)
    service.sql(f"CREATE TRIGGER keep BEFORE UPDATE ON users BEGIN SELECT RAISE({body}); END")
    token = service.link_for(ANNA)

    assert service.reset(token).status_code == 503

    events: list[dict[str, Any]] = [*service.events("reset_impossible"), *service.events("unavailable")]
    assert "not today" not in service.logs.getvalue()
    assert ("SQLITE_CONSTRAINT_TRIGGER" in events[0]["hint"]) == ("today" in body)
    service.sql("DROP TRIGGER keep")
    assert service.reset(token).status_code == 200
