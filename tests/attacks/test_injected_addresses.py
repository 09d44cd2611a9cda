"""Addresses crafted for a mail library, a relay, a database or a decoder rather than for a mailbox."""

from typing import Any

import pytest

from tests.attacks.target import ANNA, EVE, REFUSED, Target


@pytest.fixture(autouse=True)
def _two_users(target: Target) -> None:
    target.add_user(ANNA)
    target.add_user(EVE)


def ids(text: Any) -> str:
    return ascii(text)[:60]


@pytest.mark.parametrize("sign", "\r\n\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", ids=ids)
def test_a_line_end_in_the_address_mails_nobody(target: Target, sign: str) -> None:
    """Header injection with any character that some library reads as a line end (CWE-93; Python CVE-2024-6923)."""
    assert target.asked(f"{ANNA}{sign}Bcc: {EVE}") == (REFUSED, [])
    assert target.asked(f"an{sign}na@example.com") == (REFUSED, [])


@pytest.mark.parametrize(
    "email",
    [
        f"{ANNA}>\r\nRCPT TO:<{EVE}",
        f"{ANNA}>\r\nRCPT TO:<{EVE}>\r\nDATA\r\n",
        f"{ANNA}>\nDATA\nSubject: x\n\n.\n",
        f"{ANNA}\n.\nMAIL FROM:<{EVE}>",
        f"{ANNA}\n.\r\nMAIL FROM:<{EVE}>",
        f"{ANNA}> ORCPT=rfc822;{EVE}",
    ],
    ids=ids,
)
def test_smtp_commands_in_the_address_mail_nobody(target: Target, email: str) -> None:
    """SMTP commands in a recipient (PHPMailer CVE-2015-8476, Ruby CVE-2015-9097) or smuggled (CVE-2023-51764)."""
    assert target.asked(email) == (REFUSED, [])


@pytest.mark.parametrize("around", ["\r\n", " \t", "\n"], ids=ids)
def test_white_space_around_the_address_reaches_no_mail(target: Target, around: str) -> None:
    """White space stripped for the look-up must not reappear in a header or a command (CWE-93)."""
    assert target.asked(f"{around}{ANNA}{around}") == ((202, ""), [ANNA])
    assert target.mails[0][1]["To"] == ANNA


@pytest.mark.parametrize(
    "email",
    [
        "=?utf-8?q?anna=40example.com=3e?=@evil.example",
        "=?utf-8?q?eve=40evil.example=3e=20?=@example.com",
        "=?utf-8?b?YW5uYQ==?=@example.com",
        "=?utf-7?q?eve&AEA-evil.example&ACA-?=@example.com",
        "=?x?q?anna?=@example.com",
    ],
    ids=ids,
)
def test_an_encoded_word_as_the_local_part_mails_nobody(target: Target, email: str) -> None:
    """Encoded words: the relay in these tests reads the third as anna@ (PortSwigger 2024; Forem CVE-2026-48780)."""
    assert target.asked(email) == (REFUSED, [])


@pytest.mark.parametrize(
    "domain",
    [
        "xn--",
        "xn--a",
        "xn--\u00e4",
        "xn--99999999999",
        "xn--svg/-9x6",
        "xn--example-.com",
        "xn--" + "a" * 60,
        "xn--ls8h\u00df",
        "a.xn--0.com",
    ],
    ids=ids,
)
def test_malformed_punycode_is_refused(target: Target, domain: str) -> None:
    """Punycode that decodes to markup, or overflows (Joomla CVE-2024-21725; RFC 3492, 6.4)."""
    assert target.asked(f"anna@{domain}") == (REFUSED, [])


@pytest.mark.parametrize(
    "domain",
    [
        "[127.0.0.1]",
        "[IPv6:::1]",
        "example.com.",
        ".example.com",
        "example..com",
        "example.com:25",
        "example.com/",
        "example.com\\evil.example",
        "example.com#@",
    ],
    ids=ids,
)
def test_a_domain_that_is_not_one_is_refused(target: Target, domain: str) -> None:
    """Address literals (RFC 5321, 4.1.3) bypass the domain; a trailing dot is another spelling of the same domain."""
    assert target.asked(f"anna@{domain}") == (REFUSED, [])


@pytest.mark.parametrize(
    "local",
    [
        "'--",
        "anna'--",
        "x'/**/OR/**/'1'='1",
        "'/**/OR/**/1=1--",
        "'||pg_sleep/**/$$5$$||'",
        "anna'%23",
        "%",
        "ann_",
        "a*",
        "{{7*7}}",
        "${7*7}",
    ],
    ids=ids,
)
def test_sql_and_patterns_in_the_address_find_no_account(target: Target, local: str) -> None:
    """SQL injection (CWE-89), wildcards (CWE-155) and templates (CWE-1336) in characters valid in addresses."""
    assert target.asked(f"{local}@example.com") == ((202, ""), [])
    assert target.asked(ANNA) == ((202, ""), [ANNA])


@pytest.mark.parametrize("length", [1, 240, 300, 15_000])
def test_a_padded_address_is_not_cut_to_somebody_elses(target: Target, length: int) -> None:
    """The database truncates it to Anna's address (WordPress CVE-2008-4106)."""
    assert target.asked(f"{ANNA}{' ' * length}x") == (REFUSED, [])
