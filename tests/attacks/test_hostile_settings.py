"""Settings that would redirect a link or inject a header prevent the service from starting."""

import os
import subprocess
import sys

import pytest

from tests.support.service import SECRET
from worker.settings.settings import WorkerSettings

# Nothing listens at these addresses; the settings are validated before any connection.
RIGHT = {
    "SECRET_KEY": SECRET,
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "DATABASE_URL": "postgresql://127.0.0.1:9/app",
    "USERS_HASH_FORMAT": "bcrypt",
    "RESET_URL": "https://www.example.org/reset-password",
    "MAIL_SERVER": "127.0.0.1",
    "MAIL_DEFAULT_SENDER": "no-reply@example.com",
}
URLS = [
    "http://www.example.org/",  # The token in the clear (CWE-319).
    "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://localhost@evil.example/",
    "ftp://www.example.org/",
    "javascript:alert('{token}')",  # A link that runs code (CWE-83).
    "data:text/html,{token}",
    "//evil.example/{token}",  # No scheme: the client chooses one.
    "https:evil.example/{token}",
    "https:///evil.example/{token}",
    "https://www.example.org@evil.example/",  # User information (RFC 3986, 7.6).
    "https://www.example.org:secret@evil.example/",
    "https://www.example.org\\@evil.example/",  # Browsers read backslashes as slashes (WHATWG URL).
    "https://www.example.org\\.evil.example/",
    "https:\\\\evil.example\\{token}",
    "https://www.example.org\t.evil.example/",  # Tabs and line ends are removed (Python CVE-2022-0391).
    "https://www.example.org/\r\nBcc: eve@evil.example",
    " https://www.example.org/",  # Python CVE-2023-24329.
    "https://www.example.org%2eevil.example/",  # Hosts that are decoded or mapped (Python CVE-2019-9636).
    "https://www.example.org\uff0eevil.example/",
    "https://www.example.org\u3002evil.example/",
    "https://www.ex\u0430mple.org/",  # Homographs (CWE-1007) are only shown in their xn-- form.
    "https://www.example.org/\u202egro.elpmaxe",
    "https://www.example.org,evil.example/",
    "https://www.example.org:99999/",
    "https://www.example.org:0/",
    "https://{token}.evil.example/",  # The token in a DNS query.
    "https://www.example.org/{token}?again={token}",
    "https://www.example.org/#reset",
    "https://www.example.org/{TOKEN}",  # Links without a token.
    "https://www.example.org/%7Btoken%7D",
    "https://www.example.org/{{token}}",
    'https://www.example.org/"onclick="alert(1)',
    "https://www.example.org/<script>",
]
TEXTS = [
    *(("PRODUCT_NAME", f"Latch{sign}Bcc: eve@evil.example") for sign in "\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"),
    ("PRODUCT_NAME", "Latch\u202eyek"),  # Trojan Source (CVE-2021-42574).
    ("PRODUCT_NAME", "Latch\u200bkey"),
    ("MAIL_DEFAULT_SENDER", "\u202emoc.elpmaxe <no-reply@example.com>"),
    ("SUPPORT_EMAIL", "help\u202e@example.com"),
    ("SUPPORT_EMAIL", "help@example.com\r\nBcc: eve@evil.example"),
    ("SUPPORT_EMAIL", "help@example.com>\x1c<eve"),
    ("SUPPORT_EMAIL", "help@example.com,eve@evil.example"),
    ("MAIL_DEFAULT_SENDER", "Example\r\nBcc: eve@evil.example <no-reply@example.com>"),
    ("MAIL_DEFAULT_SENDER", "no-reply@example.com\nBcc: eve@evil.example"),
    ("MAIL_DEFAULT_SENDER", "no-reply@example.com, eve@evil.example"),
    ("MAIL_DEFAULT_SENDER", "no-reply@example.com> SIZE=1\x0b<eve@evil.example>"),
]
# They start, and later let everybody in, sign links that anybody can sign, or lose every account.
WEAK = [
    ("USERS_FILTER", "is_active) OR (1=1"),  # CWE-89.
    ("USERS_FILTER", "is_active /*"),
    ("USERS_FILTER", "is_active --"),
    ("USERS_FILTER", "name = $$'$$) OR (''=''"),
    ("SECRET_KEY", "1234567890" * 4),  # CWE-521.
    ("SECRET_KEY", "REPLACE-ME-WITH-32-OR-MORE-RANDOM-CHARACTERS"),
    ("SECRET_KEY", "replace-me-with-32-or-more-random-characters1"),
    ("DATABASE_URL", "sqlite:///file:users?mode=memory&cache=shared"),
    ("DATABASE_URL", "sqlite:///file:users%3Fmode=memory%26cache=shared"),
]
CASES = [*(("RESET_URL", url) for url in URLS), *TEXTS, *WEAK]


@pytest.mark.parametrize("case", CASES, ids=ascii)
def test_a_setting_that_leads_elsewhere_or_begins_a_header_is_refused(case: tuple[str, str]) -> None:
    """Values that two programs read differently, or that one of them reads as a line end (CWE-436, CWE-93, CWE-601)."""
    name, value = case

    with pytest.raises(SystemExit) as caught:
        WorkerSettings.load(RIGHT | {name: value})

    text = str(caught.value)
    assert text.startswith(f"Latchkey cannot start: 1 setting needs your attention.\n  - {name} ")
    assert value not in text


def test_a_worker_does_not_start_with_such_settings() -> None:
    """The same with the real program, for several at once, because each start takes a second of CPU."""
    environ = os.environ | RIGHT | dict([CASES[13], TEXTS[2], TEXTS[-1]])

    ended = subprocess.run([sys.executable, "-m", "worker"], env=environ, capture_output=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith(b"Latchkey cannot start: 3 settings need your attention.")
    assert not ended.stdout
