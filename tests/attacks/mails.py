"""What an email contains: its parts, what its HTML would load, run or link to, and whether the link is genuine."""

import re
from email.message import EmailMessage
from html.parser import HTMLParser

from tests.attacks.target import ANNA, Target

EVIL = "evil.example"
TOKEN = r"[\w-]+\.[\w-]{4,8}\.[\w-]{20,}"
LOADED = {"src", "href", "action", "srcset", "background", "data", "poster", "http-equiv"}


class Page(HTMLParser):
    """The links of a page with their text, the attributes that load or run anything else, and all tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.other: list[tuple[str, str | None]] = []
        self.tags: set[str] = set()
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._inside = tag == "a"
        if tag == "a":
            self.links.append((dict(attrs)["href"] or "", ""))
        else:
            self.other += [pair for pair in attrs if pair[0] in LOADED or pair[0].startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._inside:
            href, text = self.links.pop()
            self.links.append((href, text + data))


def parts(message: EmailMessage) -> tuple[str, str, str]:
    """Return the headers, the text and the HTML, decoded as a mail client would."""
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    headers = "\n".join(f"{name}: {value}" for name, value in message.items())
    return headers, text.get_content(), html.get_content()


def token_of(text: str) -> str:
    return str(re.findall(TOKEN, text)[0])


def only_mail(target: Target) -> tuple[str, str, str]:
    target.settle()
    assert [recipients for recipients, _ in target.mails] == [[ANNA]]
    return parts(target.mails[0][1])


def assert_ours(target: Target) -> None:
    """Assert that the only email links exactly where RESET_URL points, and nowhere else."""
    headers, text, html = only_mail(target)
    reset_url = target.environ["RESET_URL"]
    token = token_of(text)
    link = reset_url.replace("{token}", token) if "{token}" in reset_url else f"{reset_url}#token={token}"
    assert text.split().count(link) == 1
    page = Page(html)
    ours = [(href, said) for href, said in page.links if not href.startswith("mailto:")]
    assert ours == [(link, "Choose a new password"), (link, link)]
    assert not page.other
    # The product name and support address of the `trusting` service contain the evil host, as text.
    text = " ".join(text.split())
    for mine in (target.environ.get("PRODUCT_NAME"), target.environ.get("SUPPORT_EMAIL")):
        headers, text = (part.replace(mine, "") if mine else part for part in (headers, text))
    assert EVIL not in (headers + text).lower()
