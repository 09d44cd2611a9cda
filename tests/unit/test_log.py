import io
import json
import logging
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, get_args
from urllib.parse import quote

import pytest

from shared import log
from shared.settings.hashes import HashFormatName
from shared.tokens import Tokens
from tests.support.hashes import encode

ADDRESS = "ada.lovelace+tag@mail.example.com"
KEY = "a-signing-key-of-these-tests-0123456789"
TOKEN, LONG_TOKEN = (Tokens([KEY], 1800).issue(user_id, "hash", ADDRESS) for user_id in ("42", "4" * 400))
LIBRARY = logging.getLogger("a.library")
IN_ADDRESSES = {
    "alone": ADDRESS,
    "with braces": ADDRESS.replace("@", "{x}@"),
    "in words": f"mail to {ADDRESS} is refused",
    "in angle brackets": f"<{ADDRESS}>: unknown",
    "in quotes": f"'{ADDRESS}' and \"{ADDRESS}\"",
    "as repr": repr({ADDRESS: (550, b"unknown")}),
    "in a list": f"{ADDRESS},{ADDRESS};{ADDRESS}",
    "percent-encoded": f"/forgot-password?email={quote(ADDRESS, safe='')}&locale=de",
    "in a query": f"https://www.example.org/forgot-password?email={ADDRESS}&locale=de",
    "in a path": f"https://www.example.org/users/{ADDRESS}/reset",
    "as mailto": f"mailto:{ADDRESS}",
    "after a tab": f"to\t{ADDRESS}",
    "on a line of its own": f"refused:\n{ADDRESS}\nsince today",
    "after a backslash": f"\\{ADDRESS}",
    "of the lovelaces": "d'lovelace@mail.example.com",
    "with an equals sign": "lovelace=ada@mail.example.com",
    "with a slash": "lovelace/ada@mail.example.com",
    "with a quoted local part": '"ada lovelace"@mail.example.com',
}
IN_TOKENS = {
    "alone": "{}",
    "in a fragment": "GET https://www.example.org/reset-password#token={}",
    "in a query": "https://www.example.org/reset?token={}&locale=de",
    "as JSON": '{{"token": "{}", "password": 1}}',
    "on a line of its own": "refused:\n{}\nsince today",
}

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    """Restore the log levels of libraries after the test."""
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in log._TOO_TALKATIVE}
    yield
    for logger, level in levels.items():
        logger.setLevel(level)


MAX_SECONDS = 0.5  # For 64 kB; what takes the square of the length takes more than that.


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Configure logging, and return a function that reads the lines written to standard error."""
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    log.configure("api", "DEBUG")
    return lambda: [json.loads(line) for line in errors.getvalue().split("\n") if line]


def failure() -> Exception:
    return ValueError(f"refused:\n  {ADDRESS}\t{TOKEN}")


@pytest.mark.parametrize("text", IN_ADDRESSES.values(), ids=IN_ADDRESSES)
def test_an_address_is_blanked_out_in_the_text_of_a_library(text: str, lines: Read) -> None:
    LIBRARY.info("relay says: %s", text)

    (line,) = lines()
    assert "lovelace" not in line["event"]
    assert "[address]" in line["event"]
    assert line["event"].startswith("relay says: ")


@pytest.mark.parametrize("text", IN_TOKENS.values(), ids=IN_TOKENS)
@pytest.mark.parametrize("token", [TOKEN, LONG_TOKEN], ids=["short", "compressed"])
def test_a_token_is_blanked_out_in_the_text_of_a_library(text: str, token: str, lines: Read) -> None:
    LIBRARY.info(text.format(token))

    (line,) = lines()
    assert not any(part in line["event"] for part in token.split(".") if part)
    assert "[token]" in line["event"]


@pytest.mark.parametrize("hash_format", get_args(HashFormatName))
def test_a_password_hash_is_blanked_out_in_the_text_of_a_library(hash_format: HashFormatName, lines: Read) -> None:
    stored = encode("correct horse", hash_format)

    LIBRARY.info("UPDATE users SET password = '%s'", stored)

    (line,) = lines()
    assert stored[-20:] not in line["event"]
    assert line["event"].endswith("[hash]'")


@pytest.mark.parametrize(
    "token",
    [
        "ya29.a0AfH6SMBx-y_z.abc",
        "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln-bmF0_dXJl",
        "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.",
    ],
)
def test_an_access_token_of_a_mail_provider_is_blanked_out(token: str) -> None:
    assert log.redact(f"auth=Bearer {token}, refused") == "auth=Bearer [token], refused"


@pytest.mark.parametrize(
    "word", ["eyJ", "ya29.", "a", "a.", "a@", "://", "://a:", "$2b$10$", "eyJa.", '"', '"@', "a-", "%40", "=?"]
)
def test_a_long_text_of_another_program_does_not_stop_the_log(word: str) -> None:
    begun = time.process_time()

    log.redact(word * (65536 // len(word)))

    assert time.process_time() - begun < MAX_SECONDS


def test_other_text_stays_as_it_is() -> None:
    text = "GET /reset-password?locale=de 200 in 0.4 ms, 3d5f1b2c4a6e8f70, user 42, @ noon, $2 each, v1.2.3"

    assert log.redact(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Connected to redis://:**@127.0.0.1:6379/0", "Connected to redis://[login]@127.0.0.1:6379/0"),
        ("redis://latchkey:p@ss@[::1]:6379//", "redis://[login]@[::1]:6379//"),
        ("sentinel://anna%40example.com:pw@host-1:26379/0", "sentinel://[login]@host-1:26379/0"),
        (f"celery@{socket.gethostname()} ready.", f"celery@{socket.gethostname()} ready."),
        ("ACL SETUSER latchkey ~* &* +@all -@dangerous", "ACL SETUSER latchkey ~* &* +@all -@dangerous"),
    ],
)
def test_a_host_stays_and_its_password_goes(text: str, shown: str) -> None:
    assert log.redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        f"smtp://user:pw@{ADDRESS}",
        f"https://user:{ADDRESS}@www.example.org/",
        f"https://{ADDRESS}:443/",
        "+lovelace@all",
        "lovelace+@all",
        f"lovelace.celery@{socket.gethostname()}",
        "celery@lovelace.example.com",
    ],
)
def test_an_address_that_poses_as_something_else_is_blanked_out(text: str) -> None:
    assert "lovelace" not in log.redact(text)


def test_a_long_text_without_spaces_is_redacted_in_a_moment() -> None:
    begun = time.process_time()
    log.redact("a" * 20_000)
    log.redact("://" + "a:" * 20_000)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("name", ["password", "token", "address", "email", "authorization"])
def test_a_private_field_is_dropped(name: str, lines: Read) -> None:
    log.get_logger("api").info("event", user="42", **{name: "hunter2"})

    (line,) = lines()
    assert line["user"] == "42"
    assert name not in line
    assert "hunter2" not in str(line)


def test_a_traceback_is_part_of_its_one_line_and_redacted(lines: Read) -> None:
    try:
        raise failure()
    except ValueError as error:
        LIBRARY.exception("a library failed")
        log.get_logger("api").error("we_failed", exc_info=error)

    theirs, ours = lines()
    for line in (theirs, ours):
        assert "Traceback (most recent call last)" in line["exception"]
        assert "ValueError: refused:\n" in line["exception"]
        assert "lovelace@" not in line["exception"]
        assert TOKEN.split(".")[0] not in line["exception"]


def test_values_of_any_kind_make_one_json_object_a_line(lines: Read) -> None:
    log.get_logger("api").warning("event", text="two\nlines \x00", number=1.5, nothing=None, thing=b"\xff", name="Zoë")

    (line,) = lines()
    assert (line["text"], line["number"], line["nothing"], line["name"]) == ("two\nlines \x00", 1.5, None, "Zoë")


def test_a_line_says_which_program_wrote_it_when_and_how_grave_it_is(lines: Read) -> None:
    LIBRARY.warning("theirs")
    log.get_logger("ours").error("ours")

    found = [(line["program"], line["event"], line["level"], line["logger"]) for line in lines()]
    assert found == [("api", "theirs", "warning", "a.library"), ("api", "ours", "error", "ours")]


def test_a_time_is_in_utc(lines: Read) -> None:
    LIBRARY.info("now")

    assert lines()[0]["timestamp"].endswith("Z")


def test_lines_carry_the_id_of_the_request_while_it_lasts(lines: Read) -> None:
    with log.with_request_id(request_id="r-1"):
        log.get_logger("api").info("ours")
        LIBRARY.info("theirs")
    LIBRARY.info("later")

    assert [line.get("request_id") for line in lines()] == ["r-1", "r-1", None]


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("worker", "WARNING")

    LIBRARY.info("theirs")
    log.get_logger("worker").info("ours")
    LIBRARY.warning("seen")

    assert json.loads(capsys.readouterr().err)["event"] == "seen"


@pytest.mark.parametrize("name", ["sqlalchemy.engine.Engine", "flask-limiter", "celery.app.trace"])
def test_libraries_that_write_private_rows_are_quiet_even_at_debug(name: str, lines: Read) -> None:
    logging.getLogger(name).info("row: hunter2")
    logging.getLogger(name).warning("trouble")

    assert [line["event"] for line in lines()] == ["trouble"]


@pytest.mark.parametrize("candidate", ["r", "A-z_0.9", "0" * 64])
def test_a_harmless_request_id_is_kept(candidate: str) -> None:
    assert log.request_id(candidate) == candidate


@pytest.mark.parametrize("candidate", [None, "", "0" * 65, "a b", "a\n", "a\r\nb", "ä", '"', "a@b", "\x00", "٣"])
def test_any_other_request_id_is_replaced_by_a_new_one(candidate: str | None) -> None:
    first, second = log.request_id(candidate), log.request_id(candidate)

    assert first != second
    assert re.fullmatch("api:[0-9a-f]{16}", first)


@pytest.mark.parametrize("copied", ["api:0123456789abcdef", "support:0123456789abcdef", ""])
def test_a_client_cannot_choose_an_id_that_looks_like_ours_or_supports(copied: str) -> None:
    copied = copied or log.request_id(None)

    given = log.request_id(copied)

    assert given != copied
    assert given.startswith("api:")
