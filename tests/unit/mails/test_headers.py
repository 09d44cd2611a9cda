"""The headers of an email, and what they tell the relays along the way."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.mails import both, received, speaking, written


@pytest.fixture(autouse=True)
def _speaking() -> Iterator[None]:
    with speaking():
        yield


def test_a_mail_tells_other_mail_systems_not_to_answer() -> None:
    for message in both():
        assert received(message)["Auto-Submitted"] == "auto-generated"
        assert received(message)["X-Auto-Response-Suppress"] == "All"


def test_a_mail_has_the_time_of_its_writing_with_its_zone() -> None:
    for message in both():
        written_at = received(message)["Date"].datetime

        assert written_at.tzinfo is not None
        assert abs((datetime.now(UTC) - written_at).total_seconds()) < 10


def test_answers_go_to_the_sender_and_nobody_is_on_a_list() -> None:
    for message in both():
        names = {name.lower() for name in received(message).keys()}  # noqa: SIM118 - not a mapping

        assert not names & {"reply-to", "precedence", "return-receipt-to", "disposition-notification-to", "bcc", "cc"}
        assert not [name for name in names if name.startswith("list-")]


def test_a_mail_names_its_language() -> None:
    assert {received(message)["Content-Language"] for message in written(locale="pt_BR")} == {"pt-BR"}
    assert {received(message)["Content-Language"] for message in both()} == {"en"}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Mailgun-Track", "no"),
        ("X-Mailgun-Track-Clicks", "no"),
        ("X-Mailgun-Track-Opens", "no"),
        ("X-PM-TrackLinks", "None"),
        ("X-PM-TrackOpens", "false"),
        ("X-Mailjet-TrackClick", "0"),
        ("X-Mailjet-TrackOpen", "0"),
        ("X-MC-Track", "none"),
    ],
)
def test_relays_are_told_not_to_track(header: str, value: str) -> None:
    assert [received(message)[header] for message in both()] == [value, value]


def test_relays_that_read_json_are_told_not_to_track() -> None:
    for message in both():
        raw = received(message)

        filters = json.loads(raw["X-SMTPAPI"])["filters"]
        assert {name: told["settings"]["enable"] for name, told in filters.items()} == {"clicktrack": 0, "opentrack": 0}
        options = json.loads(raw["X-MSYS-API"])["options"]
        assert options == {"click_tracking": False, "open_tracking": False, "transactional": True}


def test_no_header_is_longer_than_a_line_should_be_or_encoded_without_need() -> None:
    for message in both():
        head = message.as_bytes().partition(b"\r\n\r\n")[0]

        assert max(map(len, head.split(b"\r\n"))) <= 78
        assert b"=?" not in head
