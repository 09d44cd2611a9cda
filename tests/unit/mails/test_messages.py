from collections.abc import Iterator
from dataclasses import replace
from html import escape

import pytest

from shared.addresses import InvalidAddress
from tests.support.mails import JOB, TOKEN, both, messages, parts, received, reset, seen, speaking
from worker.mails.messages import link


@pytest.fixture(autouse=True)
def _speaking() -> Iterator[None]:
    with speaking():
        yield


@pytest.mark.parametrize(
    ("reset_url", "expected"),
    [
        ("https://x.example/r/{token}", f"https://x.example/r/{TOKEN}"),
        ("https://x.example/#/reset?t={token}", f"https://x.example/#/reset?t={TOKEN}"),
        ("https://x.example/r?a=%20{token}&b=1", f"https://x.example/r?a=%20{TOKEN}&b=1"),
        ("https://x.example/r", f"https://x.example/r#token={TOKEN}"),
        ("https://x.example/r?locale=de", f"https://x.example/r?locale=de#token={TOKEN}"),
    ],
)
def test_the_link_is_the_configured_one_byte_for_byte_with_the_token_in_it(reset_url: str, expected: str) -> None:
    assert link(reset_url, TOKEN) == expected


def test_text_and_html_both_hold_the_link_as_their_readers_resolve_it() -> None:
    url = f"https://www.example.org/reset?from=mail&t={TOKEN}#top"

    text, html = (received(reset()).get_body((kind,)) for kind in ("plain", "html"))

    assert text is not None
    assert html is not None
    assert text.get_content().split().count(url) == 1
    assert html.get_content().count(f'href="{escape(url)}"') == 2


@pytest.mark.parametrize(
    ("seconds", "said"),
    [("60", "1 minute."), ("2700", "45 minutes."), ("3600", "1 hour."), ("5400", "90 minutes."), ("7200", "2 hours.")],
)
def test_the_reset_mail_says_how_long_the_link_works(seconds: str, said: str) -> None:
    _, text, html = parts(reset(RESET_TOKEN_MAX_AGE=seconds))

    assert f"The link works once and expires in {said}" in text
    assert f"The link works once and expires in {said}" in html


def test_the_notice_holds_no_link_to_click() -> None:
    _, text, html = parts(both()[1])

    assert "http" not in text
    assert "href" not in html


def test_the_two_mails_say_what_they_are_for_in_their_subjects() -> None:
    assert [message.subject for message in both(PRODUCT_NAME="Acme")] == [
        "Reset your Acme password",
        "Your Acme password was changed",
    ]


def test_the_message_id_is_made_of_the_jobs_id_or_state_and_the_senders_domain() -> None:
    link_mailed, notice = both()

    assert received(link_mailed)["Message-ID"] == f"<{JOB.id}@mail.example.org>"
    assert received(notice)["Message-ID"] == f"<{JOB.old_state}@mail.example.org>"


@pytest.mark.parametrize(
    ("domain", "in_ascii"), [("bücher.example", "xn--bcher-kva.example"), ("faß.example", "xn--fa-hia.example")]
)
def test_a_sender_of_an_international_domain_is_written_in_its_ascii_form(domain: str, in_ascii: str) -> None:
    message = received(reset(MAIL_DEFAULT_SENDER=f"Bücher <no-reply@{domain}>"))

    assert message["From"] == f"Bücher <no-reply@{in_ascii}>"
    assert message["Message-ID"] == f"<{JOB.id}@{in_ascii}>"


@pytest.mark.parametrize("name", ["Bücher", "Doe, Jane", 'The "best" shop'])
def test_a_senders_name_reaches_the_receiver_as_it_is(name: str) -> None:
    quoted = name.replace('"', '\\"')

    message = received(reset(MAIL_DEFAULT_SENDER=f'"{quoted}" <a@b.example>'))

    assert message["From"].addresses[0].display_name == name
    assert message["From"].addresses[0].addr_spec == "a@b.example"


def test_the_recipient_is_the_stored_address_with_its_domain_in_ascii() -> None:
    message = reset("Ada@Bücher.example")

    assert message.send_to == {"Ada@xn--bcher-kva.example"}
    assert received(message)["To"] == "Ada@xn--bcher-kva.example"
    assert received(message)["From"] == "Example <no-reply@mail.example.org>"


def test_a_stored_address_that_cannot_be_mailed_to_is_refused() -> None:
    with pytest.raises(InvalidAddress):
        reset("ada\u200b@example.com")
    with pytest.raises(InvalidAddress):
        messages().password_changed(replace(JOB, address="ada@example.com, bob@example.com"))


def test_a_mail_names_the_address_that_it_goes_to() -> None:
    stored = "Ada&Co@bücher.example"

    for message in (reset(stored), messages().password_changed(replace(JOB, address=stored))):
        for part in (" ".join(str(message.body).split()), seen(str(message.html))):
            assert "password for Ada&Co@xn--bcher-kva.example" in part
        assert "Ada&amp;Co@" in str(message.html)


def test_the_longest_product_and_address_stay_within_the_bounds_of_a_line() -> None:
    address = "&" * 64 + "@" + ".".join(["b" * 59] * 3) + ".example"

    writer = messages(PRODUCT_NAME="&" * 80)
    for message in (writer.reset(JOB, address, TOKEN), writer.password_changed(replace(JOB, address=address))):
        assert max(map(len, message.as_bytes().splitlines())) <= 998


def test_the_product_is_escaped_in_html_and_left_alone_in_text_and_subject() -> None:
    for message in both(PRODUCT_NAME="Tom & <b>Jerry's</b>"):
        subject, text, html = parts(message)

        assert "Tom & <b>Jerry's</b>" in subject
        assert "Tom & <b>Jerry's</b>" in " ".join(text.split())
        assert "Tom &amp; &lt;b&gt;Jerry&#39;s&lt;/b&gt;" in html
        assert "<b>Jerry" not in html


def test_a_product_of_any_script_arrives_in_the_subject() -> None:
    assert received(reset(PRODUCT_NAME="Schlüssel 🔑"))["Subject"] == "Reset your Schlüssel 🔑 password"


def test_the_support_address_is_shown_where_it_is_set() -> None:
    link_mailed, notice = both(SUPPORT_EMAIL="help@example.org")

    for message, said in ((link_mailed, "Questions? Email {}."), (notice, "3. Tell {} what happened.")):
        _, text, html = parts(message)
        assert said.format("help@example.org") in text
        assert said.format("help@example.org") in seen(html)
        assert 'href="mailto:help@example.org"' in html


def test_nobody_is_named_for_questions_where_no_support_address_is_set() -> None:
    for message in both():
        assert not any(word in part for part in parts(message) for word in ("Questions", "Tell", "mailto"))


def test_mails_say_what_to_do_if_it_was_not_you() -> None:
    link_mailed, notice = both()

    for part in (" ".join(str(link_mailed.body).split()), seen(str(link_mailed.html))):
        assert "If this wasn't you, you can ignore this email. Your password won't change." in part
    for part in (str(notice.body), seen(str(notice.html))):
        assert "1. Secure your email account" in part
        assert "2. Then request a new link" in part


def test_no_mail_shows_the_braces_of_its_template_or_a_placeholder() -> None:
    for message in both() + both(SUPPORT_EMAIL="help@example.org"):
        for part in parts(message):
            assert not any(sign in part for sign in ("{{", "}}", "{%", "%}", "%(", "{token}", "None", "Undefined"))
            assert "\n\n\n" not in part.strip()


def test_the_text_has_short_lines_with_the_link_on_its_own() -> None:
    name = "The Company of Booksellers and Stationers of the Old Town and Harbour"
    for message in both(PRODUCT_NAME=name, SUPPORT_EMAIL="help@example.org"):
        text = str(message.body)

        assert all(len(line) <= 72 for line in text.splitlines() if TOKEN not in line)
        assert text == text.strip() + "\n"
        assert name in " ".join(text.split())
    lines = str(reset(PRODUCT_NAME=name).body).splitlines()
    assert lines.count(link("https://www.example.org/reset?from=mail&t={token}#top", TOKEN)) == 1
    long = reset(RESET_URL="https://www.example.org/" + "reset-password/" * 9).body
    assert f"https://www.example.org/{'reset-password/' * 9}#token={TOKEN}" in str(long).splitlines()
