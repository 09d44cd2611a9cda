"""The settings for the branding, language and time zone of pages and emails."""

import re
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from shared.addresses import INVISIBLE, InvalidAddress, parse
from shared.languages import DEFAULT, LANGUAGES
from shared.settings.colors import CONTROL_CONTRAST, EASY_CONTRAST, MIN_CONTRAST, contrast, readable
from shared.settings.environment import FromEnvironment
from shared.settings.web_address import web_address
from shared.words import CONTROL_CHARACTERS

LIGHT, DARK = "#ffffff", "#1b212a"  # The backgrounds of text in pages and emails.
DARK_TEXT = "#10151c"  # On a light colour.
MAX_NAME_LENGTH = 80
MAX_HINT_LENGTH = 300
# Words of some scripts, and emoji, are made with joiners and variation selectors. After Latin letters these only hide.
_JOINER = r"(?<![^\x00-\u024f\u200c\u200d])[\u200c\u200d]"
_SELECTOR = r"(?<![^\x00-\xa8\xaa-\xad\xaf-\u024f\u200c\u200d\ufe0e\ufe0f])[\ufe0e\ufe0f]"
_HIDDEN = re.compile(rf"{_JOINER}|{_SELECTOR}|(?![\ufe0e\ufe0f])[{INVISIBLE}\u2800]")


def one_line(value: str) -> str:
    """Return a text that is safe in an email's header, and shown as it is written.

    An encoded word (RFC 2047) may hide anything. Marks of direction let a name read as another one (CVE-2021-42574).
    Raises ValueError.
    """
    if CONTROL_CHARACTERS.search(value) or "=?" in value:
        raise ValueError("is not one line of plain text")
    if hidden := _HIDDEN.search(value):
        raise ValueError(f"holds the invisible character U+{ord(hidden[0]):04X}. Remove it")
    return value


def _product_name(value: str) -> str:
    if len(value) > MAX_NAME_LENGTH:
        raise ValueError(f"is longer than {MAX_NAME_LENGTH} characters")
    return one_line(value)


def _hint(value: str) -> str:
    if len(value) > MAX_HINT_LENGTH:
        raise ValueError(f"is longer than {MAX_HINT_LENGTH} characters")
    return one_line(value)


def _support_email(value: str) -> str:
    try:
        plain = not value or parse(value) == value
    except InvalidAddress:
        plain = False
    if not plain:
        raise ValueError("is not an email address")
    return value


def _brand_color(value: str) -> str:
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        raise ValueError("is not a colour such as `#1f5fbf`")
    return value


def _language(value: str) -> str:
    spelt = value.replace("-", "_").lower()
    if found := next((code for code in LANGUAGES if code.lower() == spelt), ""):
        return found
    raise ValueError("is not a supported language")


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # For a path, a folder and an unknown name.
        raise ValueError("is not a time zone such as `Europe/Berlin`") from None
    return value


class Branding(FromEnvironment):
    """The settings that brand pages and emails."""

    product_name: Annotated[str, AfterValidator(_product_name)] = Field(
        default="Latchkey",
        min_length=1,
        description=f"The name of your product in pages and emails: one line of {MAX_NAME_LENGTH} characters at most.",
    )
    support_email: Annotated[str, AfterValidator(_support_email)] = Field(
        default="",
        description="The email address for people who need help, shown in pages and emails: `support@example.com`.",
    )
    sign_in_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="",
        description="The address of your sign-in page, which the pages link to, and so does the email for accounts "
        "without a password: `https://www.example.com/login`.",
    )
    sign_in_hint: Annotated[str, AfterValidator(_hint)] = Field(
        default="",
        description="One line that says how to sign in without a password, for the email to such accounts: at most "
        f"{MAX_HINT_LENGTH} characters, such as `Sign in with your Google account.`",
    )
    brand_color: Annotated[str, AfterValidator(_brand_color)] = Field(
        default="#1f5fbf",
        description="The colour of buttons and links, such as `#1f5fbf`. Where it can't be read, a tone of it is used.",
    )
    template_folder: str = Field(
        default="",
        description="A folder with templates that replace those of the same name: `pages/forgot.html`, "
        "`mails/reset/body.html`.",
    )
    babel_default_locale: Annotated[str, AfterValidator(_language)] = Field(
        default=DEFAULT,
        description=f"The fallback language when the requested one is not available: `{'`, `'.join(LANGUAGES)}`.",
    )
    babel_default_timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        default="UTC", description="The time zone of times in emails, such as `Europe/Berlin`."
    )

    mail_show_request: bool = Field(
        default=True,
        description="`true`: emails say when, with which browser and from which network the link was "
        "requested. `false`: they do not.",
    )

    @cached_property
    def on_brand_color(self) -> str:
        """The colour of text on the brand's colour: white, or dark if white cannot be read."""
        return LIGHT if contrast(LIGHT, self.brand_color) >= MIN_CONTRAST else readable(DARK_TEXT, self.brand_color)

    @cached_property
    def link_color(self) -> str:
        """The colour for text on white."""
        return readable(self.brand_color, LIGHT)

    @cached_property
    def edge_color(self) -> str:
        """The colour for the edge of a button on white: another one only if the button itself hardly shows."""
        return readable(self.brand_color, LIGHT, CONTROL_CONTRAST)

    @cached_property
    def dark_brand_color(self) -> str:
        """The colour for dark screens: of links there, and of buttons with dark text."""
        return readable(self.brand_color, DARK, EASY_CONTRAST)
