"""Settings that do not match the table are logged, and no email is sent by mistake."""

import pytest

from tests.conftest import MakeService
from tests.support.outbox import unfinished


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("USERS_TABLE", "people", "no such table. Existing tables: users."),
        ("USERS_PASSWORD_COLUMN", "pw", "no column pw. Existing columns: id, email, password_hash"),
    ],
)
def test_a_wrong_name_is_logged_with_the_names_that_exist(
    make_service: MakeService, name: str, value: str, complaint: str
) -> None:
    make_service()
    service = make_service(create_table=False, **{name: value})

    service.forgot("anna@example.com")
    service.work()

    assert complaint in service.events("job_delayed")[0]["hint"]
    assert unfinished(service.redis) == 1


def test_a_filter_that_fails_for_a_row_is_the_operators_fault(make_service: MakeService, postgres_url: str) -> None:
    service = make_service(DATABASE_URL=postgres_url)
    service.add_user("anna@example.com")
    token = service.link_for("anna@example.com")
    broken = make_service(
        create_table=False, DATABASE_URL=postgres_url, USERS_FILTER="CAST(password_hash AS integer) > 0"
    )

    broken.forgot("anna@example.com")
    broken.work()

    assert broken.events("job_delayed")[0]["hint"].startswith("The database refused a statement: Invalid")
    assert (broken.check(token).status_code, broken.reset(token).status_code) == (503, 503)


def test_a_filter_on_a_missing_column_fails_instead_of_matching_everybody(make_service: MakeService) -> None:
    make_service().add_user("anna@example.com")
    service = make_service(create_table=False, USERS_FILTER="not_there = 1")

    service.forgot("anna@example.com")
    service.work()

    assert service.relay.mails == []
    assert [event["error"] for event in service.events("job_delayed")] == ["OperationalError"]
