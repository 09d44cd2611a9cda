"""A job stores the language of its request, and only as much about the client as the email will show."""

import json
from typing import Any

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService
from tests.support.service import Service

ANNA = "anna@example.com"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
NEW = "correct horse battery staple"


def jobs(service: Service) -> list[dict[str, Any]]:
    return [json.loads(entry) for entry in service.redis.hvals(Key.JOBS)]


def about_the_request(job: dict[str, Any]) -> list[Any]:
    return [job.get(name) for name in ("locale", "client", "browser", "system")]


def test_the_job_for_a_link_describes_its_request(service: Service) -> None:
    headers = {"Accept-Language": "zh-CN", "User-Agent": CHROME}

    service.forgot(ANNA, headers=headers)

    assert [about_the_request(job) for job in jobs(service)] == [["zh_Hans", "127.0.0.0/24", "Chrome", "Windows"]]


def test_the_job_for_a_notice_describes_the_reset(service: Service) -> None:
    service.add_user(ANNA)
    body = {"token": service.link_for(ANNA), "password": "correct horse battery staple", "locale": "ar"}
    headers = {"User-Agent": CHROME, "X-Request-ID": "of-the-reset"}

    assert service.client.post("/reset-password", json=body, headers=headers).status_code == 200

    (job,) = jobs(service)
    assert (job["kind"], job["request_id"]) == ("password_changed", "of-the-reset")
    assert about_the_request(job) == ["ar", "127.0.0.0/24", "Chrome", "Windows"]


def test_a_request_without_details_adds_none_to_its_job(service: Service) -> None:
    service.forgot(ANNA, headers={"User-Agent": "curl/8.5.0"})

    assert [about_the_request(job) for job in jobs(service)] == [["en", "127.0.0.0/24", None, None]]


@pytest.mark.parametrize(
    ("address", "network"), [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48"), ("?", None)]
)
def test_only_the_clients_network_is_stored(service: Service, address: str, network: str | None) -> None:
    service.forgot(ANNA, environ_base={"REMOTE_ADDR": address})

    assert [job.get("client") for job in jobs(service)] == [network]


def test_nothing_is_stored_if_mails_do_not_show_the_request(make_service: MakeService) -> None:
    service = make_service(MAIL_SHOW_REQUEST="false")
    service.add_user(ANNA)
    token = service.link_for(ANNA)

    service.forgot(ANNA, headers={"User-Agent": CHROME})
    service.client.post("/reset-password", json={"token": token, "password": NEW}, headers={"User-Agent": CHROME})

    assert [about_the_request(job) for job in jobs(service)] == [["en", None, None, None]] * 2


def test_a_request_over_its_quota_stores_no_language(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_EMAIL="1/hour")
    for _ in range(2):
        service.forgot(ANNA, headers={"User-Agent": CHROME})

    (over,) = [job for job in jobs(service) if job["kind"] == "over_quota"]
    assert about_the_request(over) == [None, None, None, None]
