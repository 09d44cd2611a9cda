"""Ids that are not unique, as in a table of several tenants whose key is tenant and id."""

import pytest

from tests.conftest import MakeService
from tests.integration.users.test_users import COLUMNS, STORED
from tests.support.service import Service

OTHER = STORED[:-1] + ("a" if STORED[-1] != "a" else "b")


@pytest.fixture(params=["sqlite", "postgres"])
def service_of_tenants(request: pytest.FixtureRequest, make_service: MakeService) -> Service:
    database_url = request.getfixturevalue(f"{request.param}_url")
    service = make_service(create_table=False, **(COLUMNS | {"DATABASE_URL": database_url}))
    service.sql(
        'CREATE TABLE member (tenant INTEGER, member_no INTEGER, "Mail" TEXT, pw TEXT, PRIMARY KEY (tenant, member_no))'
    )
    return service


def add(service: Service, tenant: int, address: str, stored: str) -> None:
    service.sql(
        "INSERT INTO member VALUES (:tenant, 1, :address, :stored)", tenant=tenant, address=address, stored=stored
    )


def tenants_changed(service: Service) -> list[int]:
    rows = service.sql(
        "SELECT tenant FROM member WHERE pw NOT IN (:one, :other) ORDER BY tenant", one=STORED, other=OTHER
    )
    return [row[0] for row in rows]


def test_a_link_is_for_the_user_it_was_made_for_and_for_no_other_of_the_same_id(
    service_of_tenants: Service,
) -> None:
    service = service_of_tenants
    add(service, 1, "otto@example.com", STORED)
    add(service, 2, "anna@example.com", OTHER)

    assert service.reset(service.link_for("anna@example.com")).status_code == 200
    assert tenants_changed(service) == [2]
    assert service.reset(service.link_for("otto@example.com"), "another battery staple").status_code == 200
    assert tenants_changed(service) == [1, 2]


def test_users_of_one_id_and_one_address_get_a_link_each(service_of_tenants: Service) -> None:
    service = service_of_tenants
    for tenant, stored in ((1, STORED), (2, OTHER)):
        add(service, tenant, "anna@example.com", stored)

    service.forgot("anna@example.com")
    service.work()
    first, second = service.relay.mails

    assert first != second
    assert service.reset(service.newest_token()).status_code == 200
    assert len(tenants_changed(service)) == 1


def test_rows_that_cannot_be_told_apart_are_left_alone(service_of_tenants: Service) -> None:
    service = service_of_tenants
    for tenant in (1, 2):
        add(service, tenant, "anna@example.com", STORED)
    token = service.link_for("anna@example.com")

    assert service.reset(token).status_code == 503
    assert tenants_changed(service) == []
    assert "column of unique ids" in service.events("reset_impossible")[0]["hint"]
