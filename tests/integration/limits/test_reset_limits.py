"""Rate limits on resets and checks: by client, by its network, and by the user that a link is for."""

import pytest

from shared.redis_keys import Key
from tests.conftest import MakeService


def test_reset_and_check_share_a_limit_per_client(make_service: MakeService) -> None:
    service = make_service(RESET_LIMIT_PER_IP="2/minute")

    found = [service.check("x").status_code, service.reset("x").status_code, service.check("x").status_code]

    assert found == [400, 400, 429]
    assert service.forgot("anna@example.com").status_code == 202


@pytest.mark.parametrize("setting", ["RESET_LIMIT_PER_IP", "RESET_LIMIT_PER_LINK"])
@pytest.mark.parametrize(
    "limits", ["3/hour;1/minute", "3/120 minutes;1/hour", "1/hour;3/90 minutes", "3/3600 seconds;1/minute"]
)
def test_requests_over_a_short_limit_do_not_count_towards_the_long_one(
    make_service: MakeService, setting: str, limits: str
) -> None:
    service = make_service(**{setting: limits})
    service.add_user("anna@example.com")
    link = service.link_for("anna@example.com")

    found = [service.check(link) for _ in range(5)]

    assert [answer.status_code for answer in found] == [200, 429, 429, 429, 429]
    scope = setting.removeprefix("RESET_LIMIT_PER_").replace("IP", "reset").lower()
    short, long = sorted(service.redis.scan_iter(f"limit:*/{scope}/[0-9]*"), key=service.redis.ttl)
    assert all(int(answer.headers["Retry-After"]) <= service.redis.ttl(short) + 2 for answer in found[1:])
    assert service.redis.get(long) == "1"


def test_the_links_of_one_user_share_a_limit_and_those_of_others_do_not(make_service: MakeService) -> None:
    service = make_service(RESET_LIMIT_PER_LINK="2/minute", LOG_LEVEL="DEBUG")
    for name in ("anna", "bert"):
        service.add_user(f"{name}@example.com")
    older, newer, other = (service.link_for(f"{name}@example.com") for name in ("anna", "anna", "bert"))

    found = [service.check(link) for link in (older, newer, older, other)]

    assert [answer.status_code for answer in found] == [200, 200, 429, 200]
    assert 1 <= int(found[2].headers["Retry-After"]) <= 60
    assert "ratelimit" not in service.logs.getvalue()


def test_only_genuine_links_from_clients_within_their_limit_are_counted(make_service: MakeService) -> None:
    service = make_service(RESET_LIMIT_PER_IP="3/minute", RESET_LIMIT_PER_LINK="2/minute")
    service.add_user("anna@example.com")
    link = service.link_for("anna@example.com")

    statuses = [service.check(token).status_code for token in ("x.y.z", link + "x", link, link, link)]

    assert statuses == [400, 400, 200, 429, 429]
    [counter] = service.redis.scan_iter(f"{Key.LIMITS}*/link/*")
    assert service.redis.get(counter) == "1"
