"""Pages with templates of the operator's are made once at the start, or somebody would meet a mistake at night."""

from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined

from api.app import create_app, page_templates
from api.pages.scripts import missing_from
from api.settings import ApiSettings
from shared.languages import LANGUAGES

_WITH_SCRIPTS = {"pages.forgot_page": "forgot", "pages.reset_page": "reset"}


def check_pages(settings: ApiSettings) -> None:
    """Make every page in every language.

    Raises SettingsError.
    """
    app = create_app(settings)
    # Where it serves, what has no value is left out: a page with a gap is better than none. Here it is a mistake.
    app.jinja_env.undefined = StrictUndefined
    # In a context of its own, or the id of an example's request would stand in each later line of the log.
    page_templates(settings.template_folder).check(app.jinja_env, lambda: copy_context().run(_problems, app))


def _problems(app: Flask) -> list[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("pages.") and not rule.arguments]
    found: list[str] = []
    for rule in rules:
        for language in LANGUAGES:
            with app.test_request_context(f"{rule.rule}?locale={language}"):
                found += _made(app, rule.endpoint)
    return found


def _made(app: Flask, endpoint: str) -> Iterator[str]:
    """Make the page of the request that is on, and tell what its script would miss."""
    app.preprocess_request()
    view: Any = app.view_functions[endpoint]
    with app.make_response(view()) as response:
        if name := _WITH_SCRIPTS.get(endpoint):
            lacking = ", ".join(missing_from(response.get_data(as_text=True), f"{name}.js"))
            if lacking:
                cure = f"Take it over from latchkey/{name}.html, or extend that."
                yield f"pages/{name}.html, or what it is made of, lacks {lacking}, which the page works with. {cure}"
