"""Addresses with parameters reach a real database, with the effect that they ask for."""

import pytest

from tests.conftest import MakeService
from tests.integration.users.roles import as_role
from tests.integration.users.test_users import STORED
from tests.support.service import Service

ANNA = "anna@example.com"


@pytest.fixture
def owner(make_service: MakeService, postgres_url: str) -> Service:
    return make_service(DATABASE_URL=postgres_url)


def in_schema(owner: Service, schema: str) -> None:
    for statement in (
        f"DROP SCHEMA IF EXISTS {schema} CASCADE",
        f"CREATE SCHEMA {schema}",
        f"ALTER TABLE users SET SCHEMA {schema}",
    ):
        owner.sql(statement)
    owner.sql(f"INSERT INTO {schema}.users (email, password_hash) VALUES (:mail, :hash)", mail=ANNA, hash=STORED)  # noqa: S608


@pytest.mark.parametrize(
    "query", ["schema=shop&connection_limit=5&pgbouncer=true", "options=-csearch_path%3Dshop", "currentSchema=shop"]
)
def test_the_schema_in_an_address_is_where_the_table_is(make_service: MakeService, owner: Service, query: str) -> None:
    in_schema(owner, "shop")
    service = make_service(create_table=False, DATABASE_URL=f"{owner.environ['DATABASE_URL']}&{query}")

    assert service.reset(service.link_for(ANNA)).status_code == 200
    assert owner.sql("SELECT count(*) FROM shop.users WHERE password_hash <> :hash", hash=STORED)[0][0] == 1


def test_an_option_that_a_policy_asks_for_reaches_the_database(make_service: MakeService, owner: Service) -> None:
    owner.sql("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    owner.sql("CREATE POLICY tenant ON users USING (id = current_setting('app.tenant')::int)")
    owner.add_user(ANNA)
    url = as_role(owner, ["SELECT, UPDATE ON users"])
    service = make_service(create_table=False, DATABASE_URL=f"{url}&options=-capp.tenant%3D1")

    assert service.reset(service.link_for(ANNA)).status_code == 200


def test_of_several_hosts_the_one_that_answers_is_used(make_service: MakeService, owner: Service) -> None:
    owner.add_user(ANNA)
    user, _, rest = owner.environ["DATABASE_URL"].partition("/postgres?host=")
    several = f"{user}/postgres?host=/nowhere,{rest}&target_session_attrs=read-write"
    service = make_service(create_table=False, DATABASE_URL=several)

    assert service.reset(service.link_for(ANNA)).status_code == 200


def test_parameters_without_effect_are_named_at_the_start(
    make_service: MakeService, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_service(create_table=False, DATABASE_URL=f"{postgres_url}&connection_limit=5&pgbouncer=true")

    told = [line for line in capsys.readouterr().err.splitlines() if "database_parameters_ignored" in line]
    assert len(told) == 2  # By the API and by the worker.
    assert '["connection_limit", "pgbouncer"]' in told[0]
