"""The contents of a job, and the message that carries its id."""

import json
import time
from dataclasses import replace

from shared.outbox.jobs import Job, message, new_id


def job() -> Job:
    return Job(new_id(), "forgot", "request", "hash", time.time(), address="anna@example.com")


def test_a_job_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    entry = job().entry().replace("{", '{"colour": "green", ', 1)

    assert Job.from_entry(entry).address == "anna@example.com"


def test_an_entry_says_no_more_than_it_must() -> None:
    entry = replace(job(), kind="over_quota", address="").entry()

    assert "address_hash" in entry
    assert '"address":' not in entry
    assert "user_id" not in entry


def test_a_message_says_nothing_but_its_own_id() -> None:
    sent = json.loads(message("0" * 32))

    assert (sent["headers"]["id"], sent["properties"]["delivery_tag"]) == ("0" * 32, "0" * 32)
    assert json.loads(sent["body"])[:2] == [["0" * 32], {}]
