"""The recipe of docs/tables.md for users with several addresses, run as it stands there on a real PostgreSQL."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import make_url

from tests.conftest import MakeService
from tests.integration.users.test_users import STORED
from tests.support.compose import PROJECT
from tests.support.hashes import is_hash_of
from tests.support.service import NEW_PASSWORD, Service

RECIPE = (PROJECT / "docs" / "tables.md").read_text(encoding="utf-8").split("## Users with several addresses")[1]
TABLES = """
CREATE TABLE users (id integer PRIMARY KEY, password_hash text, is_active boolean NOT NULL DEFAULT true);
CREATE TABLE addresses (user_id integer NOT NULL REFERENCES users, email text UNIQUE, verified boolean NOT NULL);
INSERT INTO users (id, password_hash) VALUES (1, %(hash)s), (2, %(hash)s), (3, NULL);
INSERT INTO addresses VALUES (1, 'anna@example.com', true), (1, 'second@example.com', true),
  (1, 'a.third@example.com', true), (1, 'unverified@example.com', false), (2, 'bert@example.com', true),
  (3, 'new@example.com', true), (3, 'new.too@example.com', true);
"""
MANY = 8


@pytest.fixture
def service(make_service: MakeService, postgres_url: str) -> Service:
    """A service whose database user has the rights that the recipe gives the API, and no others."""
    sql, settings = re.findall(r"^```(?:sql)?\n(.*?)^```$", RECIPE, re.DOTALL | re.MULTILINE)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for role in ("latchkey_api", "latchkey_worker"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
            connection.execute(f"CREATE ROLE {role} LOGIN")
            connection.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        for statement in TABLES.split(";\n"):
            connection.execute(statement.replace("%(hash)s", f"'{STORED}'"))
        connection.execute(sql)
    environ = dict(line.split("=") for line in settings.split())
    url = make_url(postgres_url).set(username="latchkey_api").render_as_string()
    return make_service(
        create_table=False,
        **{"USERS_PASSWORD_CHANGED_COLUMN": "", "USERS_WITHOUT_PASSWORD": "set", "DATABASE_URL": url, **environ},
    )


def hashes(service: Service) -> dict[int, str]:
    return dict(tuple(row) for row in service.sql("SELECT DISTINCT id, password_hash FROM latchkey_users"))


@pytest.mark.parametrize("address", ["anna@example.com", "second@example.com", "a.third@example.com"])
def test_a_link_works_for_each_address_of_a_user(service: Service, address: str) -> None:
    tokens = {each: service.link_for(each) for each in ("anna@example.com", "second@example.com", address)}
    assert [service.check(token).status_code for token in tokens.values()] == [200] * len(tokens)

    assert service.reset(tokens[address]).status_code == 200
    service.work()

    assert is_hash_of(hashes(service)[1], NEW_PASSWORD)
    assert hashes(service)[2] == STORED
    assert [service.check(token).status_code for token in tokens.values()] == [400] * len(tokens)
    recipients, notice = service.relay.mails[-1]
    assert (recipients, notice["Subject"]) == ([address], "Your Latchkey password was changed")


def test_an_address_that_is_not_verified_gets_no_mail(service: Service) -> None:
    service.forgot("unverified@example.com")
    service.work()

    assert service.relay.mails == []


@pytest.mark.parametrize("addresses", [["second@example.com"], ["new.too@example.com"]])
def test_one_of_several_resets_with_one_link_wins(service: Service, addresses: list[str]) -> None:
    token, gate = service.link_for(addresses[0]), Barrier(MANY)

    def reset(number: int) -> int:
        client = service.app.test_client()
        gate.wait()
        body = {"token": token, "password": f"the password of number {number}"}
        return client.post("/reset-password", json=body).status_code

    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(reset, range(MANY)))
    service.work()

    assert sorted(found) == [200] + [400] * (MANY - 1)
    winner = f"the password of number {found.index(200)}"
    assert [is_hash_of(stored or "", winner) for stored in hashes(service).values()].count(True) == 1
    assert service.relay.subjects().count("Your Latchkey password was changed") == 1


def test_a_link_dies_with_its_address_and_others_live(service: Service, postgres_url: str) -> None:
    tokens = {each: service.link_for(each) for each in ("anna@example.com", "second@example.com")}

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DELETE FROM addresses WHERE email = 'anna@example.com'")

    assert service.check(tokens["anna@example.com"]).status_code == 400
    assert service.reset(tokens["second@example.com"]).status_code == 200


def test_a_row_of_another_tenant_with_the_same_id_is_not_taken_for_the_users(
    make_service: MakeService, postgres_url: str
) -> None:
    service = make_service(create_table=False, USERS_PASSWORD_CHANGED_COLUMN="", DATABASE_URL=postgres_url)
    columns = "tenant integer, id integer, email text, password_hash text, is_active boolean"
    service.sql(f"CREATE TABLE users ({columns}, PRIMARY KEY (tenant, id))")
    for tenant, address in ((1, "otto@example.com"), (2, "anna@example.com")):
        insert = "INSERT INTO users VALUES (:tenant, 1, :address, :stored, true)"
        service.sql(insert, tenant=tenant, address=address, stored=STORED)

    assert service.reset(service.link_for("anna@example.com")).status_code == 200
    service.work()

    assert is_hash_of(service.stored_hash("anna@example.com"), NEW_PASSWORD)
    assert service.stored_hash("otto@example.com") == STORED
    assert service.relay.recipients() == ["anna@example.com"] * 2
