"""Fixtures for the probes of the database."""

import pytest

from tests.conftest import MakeService
from tests.integration.probes.users_tables import MakeLimited
from tests.integration.users.roles import as_role
from tests.support.service import Service


@pytest.fixture
def owner(make_service: MakeService, postgres_url: str) -> Service:
    return make_service(create_table=False, DATABASE_URL=postgres_url)


@pytest.fixture
def service_with(make_service: MakeService, owner: Service) -> MakeLimited:
    def make(rights: str = "ALL ON ALL TABLES IN SCHEMA public", **environ: str) -> Service:
        return make_service(create_table=False, **({"DATABASE_URL": as_role(owner, [rights])} | environ))

    return make
