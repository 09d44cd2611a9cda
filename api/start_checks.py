"""Try once at start what the operator wrote, templates and SQL: visitors would otherwise meet the mistakes."""

from collections.abc import Iterator
from contextvars import copy_context
from html.parser import HTMLParser
from pathlib import PurePosixPath

from flask import Flask, render_template
from jinja2 import StrictUndefined
from sqlalchemy.exc import SQLAlchemyError

from api.app import create_app
from api.problems import NOT_FOUND, UNAVAILABLE
from api.settings.settings import ApiSettings
from shared.database.connections import connected, db
from shared.database.failures import is_lasting
from shared.failures import explain
from shared.languages import LANGUAGES
from shared.log import get_logger
from shared.settings.environment import SettingsError
from shared.users.table import UsersTableError
from shared.users.users import Users

# The ids that each page's scripts look up. A test reads the scripts, and fails if one is missing here.
NEEDED_IDS = {
    "forgot": ("again", "again-sent", "another", "ask", "email", "forgot", "sent", "typed"),
    "reset": (
        *("caps", "choose", "dead", "done", "follow", "length"),
        *("link", "maybe-set", "password", "paste", "reset", "show"),
    ),
}

log = get_logger(__name__)


def check_pages(settings: ApiSettings) -> None:
    """Render every page in every language.

    Raises SettingsError.
    """
    app = create_app(settings)
    # A served page leaves undefined values blank: a gap is better than no page. Here they are mistakes.
    app.jinja_env.undefined = StrictUndefined
    # In a copy of the context: otherwise the request id of an example would appear in all later log lines.
    app.extensions["templates"].check(app.jinja_env, lambda: copy_context().run(list, _problems(app)))


def check_statements(settings: ApiSettings) -> None:
    """Let the database prepare USERS_ON_RESET and AFTER_RESET_SQL. While it is away, the probes tell what is wrong.

    Raises SettingsError.
    """
    app, users = create_app(settings), Users(settings, db)
    with connected(app):
        try:
            users.rehearse_change("")
        except (UsersTableError, SQLAlchemyError) as error:
            if isinstance(error, UsersTableError) or is_lasting(error):
                named = [name for name in ("USERS_ON_RESET", "AFTER_RESET_SQL") if getattr(settings, name.lower())]
                raise SettingsError([f"{' or '.join(named)}: {explain(error)}"]) from None
            log.warning("statements_untried", hint=explain(error))


def _problems(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.endswith("_page"):
            name = rule.endpoint.removeprefix("pages.").removesuffix("_page")
            for language in LANGUAGES:
                with app.test_request_context(f"{rule.rule}?locale={language}"):
                    app.preprocess_request()
                    yield from _missing(name, app.make_response(app.dispatch_request()).get_data(as_text=True))
                    for problem in (NOT_FOUND, UNAVAILABLE):
                        render_template("error.html", problem=problem.document())


def _missing(name: str, page: str) -> Iterator[str]:
    """Report what a page lacks but its script needs."""
    if name in NEEDED_IDS:
        found = _Elements(page).found
        needed = [f"the script {name}.js", *(f'id="{needed}"' for needed in NEEDED_IDS[name])]
        if missing := ", ".join(each for each in needed if each not in found):
            hint = f"Copy it from latchkey/{name}.html, or extend that."
            yield f"pages/{name}.html, or a template that it uses, lacks {missing}, which the page needs. {hint}"


class _Elements(HTMLParser):
    """The ids and the scripts of a page, as the problems name them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.found.add(f'id="{value}"')
            elif (tag, name) == ("script", "src"):
                self.found.add(f"the script {PurePosixPath(value or '').name}")
