"""Limits that follow from others, and the warning about a quota that outlives a link."""

import pytest
from structlog.testing import capture_logs

from api.settings.limits import ClientLimits, log_long_quota
from api.settings.settings import ApiSettings
from tests.unit.settings.test_settings import SHARED


def warnings(**values: str) -> list[str]:
    found = settings(**values)
    with capture_logs() as lines:
        log_long_quota(found.address_limits, found.reset_token_max_age)
    return [line["hint"] for line in lines if line["event"] == "quota_outlives_links"]


def settings(**values: str) -> ApiSettings:
    return ApiSettings.load(SHARED | values)


def test_without_a_limit_of_its_own_a_network_gets_a_multiple_of_a_clients() -> None:
    found = settings(FORGOT_LIMIT_PER_IP="30/minute;7/2 hours")

    assert found.forgot_limits == ClientLimits("300/1 minute;70/2 hour", "90/1 minute;21/2 hour", "30/minute;7/2 hours")


def test_the_limit_of_a_network_replaces_the_multiple() -> None:
    found = settings(FORGOT_LIMIT_PER_IP="30/minute", FORGOT_LIMIT_PER_NETWORK="50/hour")

    assert found.forgot_limits.network == "50/hour"


def test_the_highest_limit_of_a_client_has_a_multiple_too() -> None:
    assert settings(FORGOT_LIMIT_PER_IP="1000000/second").forgot_limits.network == "10000000/1 second"


@pytest.mark.parametrize(("age", "quota"), [("1800", "3/1800 seconds"), ("86400", "3/86400 seconds")])
def test_the_default_quota_of_an_address_lasts_as_long_as_a_link(age: str, quota: str) -> None:
    assert settings(RESET_TOKEN_MAX_AGE=age).address_limits == quota


@pytest.mark.parametrize("quota", ["", "3/30 minutes", "1/minute;2/1800 seconds"])
def test_a_quota_that_ends_with_a_link_is_not_warned_of(quota: str) -> None:
    assert warnings(FORGOT_LIMIT_PER_EMAIL=quota) == []


@pytest.mark.parametrize("quota", ["20/day", "3/15 minutes;20/day", "3/1801 seconds"])
def test_a_quota_that_outlives_a_link_is_warned_of(quota: str) -> None:
    (hint,) = warnings(FORGOT_LIMIT_PER_EMAIL=quota)

    assert "FORGOT_LIMIT_PER_EMAIL" in hint
