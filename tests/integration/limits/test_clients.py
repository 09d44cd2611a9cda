"""Which clients a limit counts as one."""

import pytest

from api.web.clients import networks_of
from tests.conftest import MakeService
from tests.integration.limits.asking import from_client, statuses
from tests.support.service import Service


def test_overlong_client_addresses_share_one_key_that_is_not_cached(make_service: MakeService) -> None:
    """Keys are cached for the next request, and a client behind a proxy can send a long X-Forwarded-For."""
    service = make_service(TRUSTED_PROXIES="1", FORGOT_LIMIT_PER_IP="1/minute")
    networks_of("")
    kept = networks_of.cache_info().currsize

    found = statuses(service, ["a@example.com"], headers={"X-Forwarded-For": "x" * 5000})
    found += statuses(service, ["b@example.com"], headers={"X-Forwarded-For": "y" * 5000})

    assert found == [202, 429]
    assert networks_of.cache_info().currsize == kept


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "64:ff9b::192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1:4711", "192.0.2.1", True),
        ("[2001:db8::1]:4711", "2001:db8::2", True),
        ("", "nonsense", True),
    ],
)
def test_which_clients_count_as_one(make_service: MakeService, first: str, second: str, *, shared: bool) -> None:
    service = make_service(FORGOT_LIMIT_PER_IP="1/minute")
    statuses(service, ["anna@example.com"], **from_client(first))

    assert statuses(service, ["anna@example.com"], **from_client(second)) == [429 if shared else 202]


def test_the_log_warns_once_that_x_forwarded_for_is_ignored(service: Service) -> None:
    statuses(service, ["anna@example.com"] * 3, headers={"X-Forwarded-For": "192.0.2.1"})

    assert len(service.events("forwarded_for_ignored")) == 1
