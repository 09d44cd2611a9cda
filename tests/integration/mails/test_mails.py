"""Emails as the relay receives them from the worker."""

import time
from typing import Any

import pytest

from shared.outbox.jobs import Job, new_id
from tests.conftest import MakeService
from tests.support.mails import text_of
from tests.support.service import Service
from tests.support.worker_commands import command
from worker.mails.headers import AUTOMATIC, UNTRACKED
from worker.mails.request_details import local_time

ADDRESS = "anna@example.com"


def mailed(service: Service, **fields: Any) -> tuple[Any, str, str]:
    """Let the worker process a job, and return the email with its text and its HTML."""
    known: dict[str, Any] = {
        "accepted_at": time.time(),
        "address": ADDRESS,
        "client": "203.0.113.42",
        "browser": "Firefox",
        "system": "Windows",
    }
    job = Job(new_id(), "forgot", "r-1", "hash", **(known | fields))
    service.worker.outbox.add(job)
    service.work()
    mail: Any = service.relay.mails[-1][1]
    text, html = (text_of(mail, kind) for kind in ("plain", "html"))
    return mail, text, html


def test_a_mail_arrives_in_the_language_of_its_job_with_all_its_headers(service: Service) -> None:
    service.add_user(ADDRESS)

    mail, text, html = mailed(service, locale="ar")

    assert mail["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl"' in html
    assert "203.0.113.x" in text
    assert "Firefox" in text
    assert {name: " ".join(mail[name].split()) for name in AUTOMATIC | UNTRACKED} == AUTOMATIC | UNTRACKED


def test_each_of_several_users_is_told_where_the_request_came_from(make_service: MakeService) -> None:
    service = make_service(create_table=False)
    service.sql(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password_hash TEXT, is_active BOOLEAN DEFAULT true, "
        "password_changed_at TIMESTAMP)"
    )
    for number in (1, 2):
        service.sql(
            "INSERT INTO users (id, email, password_hash) VALUES (:id, :email, :stored)",
            id=number,
            email=ADDRESS,
            stored="$2b$04$" + "x" * 53,
        )

    mailed(service, locale="fr")

    assert len(service.relay.mails) == 2
    for _, mail in service.relay.mails:
        assert mail["Content-Language"] == "fr"
        assert "203.0.113.x" in text_of(mail)


def test_the_change_notice_says_where_the_change_was_made(service: Service) -> None:
    service.add_user(ADDRESS)
    assert service.reset(service.link_for(ADDRESS)).status_code == 200
    service.work()

    notice = service.relay.mails[-1][1]
    text = text_of(notice)
    assert "was changed" in notice["Subject"]
    assert "Request details" in text
    assert time.strftime("%B %-d, %Y", time.gmtime()) in text


def test_a_mail_retried_by_hand_says_when_the_link_was_requested(service: Service) -> None:
    service.add_user(ADDRESS)
    asked_at = time.time() - 1800
    service.relay.answer_to_data = "550 5.1.1 unknown"
    with pytest.raises(IndexError):
        mailed(service, accepted_at=asked_at)
    service.relay.empty()

    assert command(service, "retry", "--all").output == "1 put back into the queue\n"
    service.work()

    text = text_of(service.relay.mails[-1][1])
    assert f"Time: {local_time(asked_at, 'en', 'UTC')}" in text


def test_request_details_can_be_left_out_of_mails(make_service: MakeService) -> None:
    service = make_service(MAIL_SHOW_REQUEST="false")
    service.add_user(ADDRESS)

    _, text, html = mailed(service)

    assert not any(word in text + html for word in ("Firefox", "Windows", "203.0.113"))
