"""Emails: what they reveal to others than their owner, and what an operator's texts can do in them."""

import re
from dataclasses import replace

import pytest

from tests.attacks.mails import TOKEN, Page, assert_ours, only_mail, parts, token_of
from tests.attacks.target import ANNA, DEAD, Target
from tests.support.mails import JOB, both, received, speaking

NETWORK = '\n<br>IP address: <bdi dir="ltr">fe80::/48</bdi>'
PAGES = ("/forgot-password", "/reset-password", "/docs")


def test_what_a_client_says_stands_in_no_mail(each: Target) -> None:
    """An attacker's text in the service's email (CWE-74; Keycloak CVE-2022-1274)."""
    mark = "evil-mark"
    headers = dict.fromkeys(("User-Agent", "X-Request-ID", "Accept-Language", "X-Forwarded-For", "Cookie"), mark)

    answer = each.post(f"/forgot-password?{mark}", {"email": ANNA, "locale": "de-evil-mark"}, headers)

    assert answer.status == 202
    assert mark not in "".join(only_mail(each)).lower()


HOSTILE = (
    "Call 0900-666-666 <a href=https://evil.example/>now</a>",
    "Firefox\r\nBcc: eve@evil.example",
    "https://evil.example/{{7*7}}",
    "fe80::1%evil-mark",
    "%(product)s",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_the_words_of_a_client_in_a_job_are_not_repeated_in_a_mail(words: str) -> None:
    """Even if the API let a client's text through, the worker would not (CWE-74, CWE-93)."""
    hostile = replace(JOB, client=words, browser=words, system=words, locale=words)
    with speaking():
        for quiet, loud in zip(both(replace(JOB, client="", browser="", system="")), both(hostile), strict=True):
            said = (received(mail).as_string() for mail in (quiet, loud))
            bare, heard = (re.sub(r"=====+\w+|Date: .*", "", each) for each in said)
            assert heard.replace("\nIP address: fe80::/48", "").replace(NETWORK, "") == bare


def test_the_token_stands_in_the_link_alone(each: Target) -> None:
    """Relays and mailboxes log and display a token in a header or the subject (CWE-200)."""
    assert each.forgot(ANNA).status == 202

    assert_ours(each)
    headers, text, html = only_mail(each)
    token = token_of(text)
    assert token not in headers
    assert text.count(token) == 1
    assert html.count(token) == 3  # In the button, the link and the link's text; assert_ours checked each.
    assert not {"img", "script", "link", "iframe", "form", "object", "base"} & Page(html).tags


def test_a_change_notice_gives_no_access(each: Target) -> None:
    """Reading the notice of a change must not give access to the account (CWE-640)."""
    each.forgot(ANNA)
    token = token_of(only_mail(each)[1])
    assert each.reset(token).status == 200
    each.settle()

    headers, text, html = parts(each.mails[-1][1])
    assert "was changed" in headers
    assert not re.search(TOKEN, headers + text + html)
    assert all(href.startswith("mailto:") for href, _ in Page(html).links)
    assert each.check(token).outcome == DEAD


def test_markup_in_the_name_of_the_product_is_not_run(trusting: Target) -> None:
    """Stored cross-site scripting and template injection through a setting (CWE-79, CWE-1336), in emails and pages."""
    trusting.add_user(ANNA)
    name, support = trusting.environ["PRODUCT_NAME"], trusting.environ["SUPPORT_EMAIL"]

    assert trusting.forgot(ANNA).status == 202

    headers, text, html = only_mail(trusting)
    for page in (html, *(trusting.request("GET", path).body.decode() for path in PAGES)):
        assert not Page(page).tags & {"img", "iframe"}
        assert not [name for name, _ in Page(page).other if name.startswith("on")]
        assert "{{7*7}}" in page
    assert f"Subject: Reset your {name} password" in " ".join(headers.split())
    assert name in " ".join(text.split())
    assert (f"mailto:{support}", support) in Page(html).links
