"""What an email says about the request that caused it."""

from collections.abc import Iterator

import pytest

from shared.languages import LANGUAGES
from shared.user_agents import BROWSERS, SYSTEMS
from tests.support.mails import JOB, both, seen, speaking, written
from worker.mails.request_details import local_time, shortened

SAID = "Request details Time: November 23, 2026, 2:52 PM UTC Browser: Firefox System: Windows IP address: 203.0.113.x"


@pytest.fixture(autouse=True)
def _speaking() -> Iterator[None]:
    with speaking():
        yield


def everything(**changes: object) -> str:
    """Return the text and HTML of both emails for a job."""
    return " ".join(f"{message.body} {seen(str(message.html))}" for message in written(**changes))


def test_both_mails_say_when_and_where_the_request_came_from() -> None:
    for message in both():
        assert SAID in " ".join(str(message.body).split())
        assert SAID in seen(str(message.html))


def test_a_setting_hides_the_request_details() -> None:
    for message in both(MAIL_SHOW_REQUEST="false"):
        for part in (str(message.body), str(message.html)):
            assert not any(word in part for word in ("details", "Time:", "2026", "Firefox", "Windows", "203.0"))


def test_unknown_details_are_left_out() -> None:
    said = everything(browser="", system="", client="unknown")

    assert "Time: November 23, 2026" in said
    assert not any(label in said for label in ("Browser", "System", "IP address"))


@pytest.mark.parametrize("word", [*BROWSERS, *SYSTEMS])
def test_every_known_browser_and_system_is_named(word: str) -> None:
    job = {"browser": word, "system": ""} if word in BROWSERS else {"browser": "", "system": word}

    assert everything(**job).count(f"{'Browser' if word in BROWSERS else 'System'}: {word}") == 4


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.0/24", "203.0.113.x"),
        ("2001:db8:1::/48", "2001:db8:1::/48"),
        ("203.0.113.42", "203.0.113.x"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8::/64", "2001:db8::/48"),
        ("unknown", ""),
        ("", ""),
        ("10.0.0.0/8", ""),
        ("0.0.0.0/0", ""),
        ("::/0", ""),
        ("2001:db8::/32", ""),
        ("fe80::1%call-0900", "fe80::/48"),
        ("203.0.113.42 call 0900", ""),
        ("<b>203.0.113.42</b>", ""),
        ("1795445520", ""),
    ],
)
def test_a_client_is_shown_as_a_network_too_wide_to_identify_anyone(client: str, network: str) -> None:
    assert shortened(client) == network


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("zone", "hour", "shown"), [("UTC", 14, "UTC"), ("Europe/Berlin", 15, "+01:00")])
def test_times_are_written_in_each_language_with_their_zone(language: str, zone: str, hour: int, shown: str) -> None:
    said = local_time(JOB.accepted_at, language, zone)

    assert "2026" in said
    assert "23" in said
    assert f"{hour}:52" in said or f"{hour - 12}:52" in said
    assert ":52:" not in said
    assert shown in said
    assert "\u202f" not in said


def test_times_follow_the_zones_summer() -> None:
    july = JOB.accepted_at - 140 * 86400

    assert "16:52 GMT+02:00" in local_time(july, "de", "Europe/Berlin")


def test_a_retry_by_hand_keeps_the_time_of_the_request() -> None:
    said = everything(accepted_at=JOB.accepted_at + 86400, asked_at=JOB.accepted_at)

    assert said.count("Time: November 23, 2026, 2:52 PM UTC") == 4


def test_the_zone_is_the_setting() -> None:
    link_mailed, _ = both(BABEL_DEFAULT_TIMEZONE="Asia/Kolkata")

    assert "Time: November 23, 2026, 8:22 PM GMT+05:30" in str(link_mailed.body)
