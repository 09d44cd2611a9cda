"""Pages with templates of the operator's are made once at the start, or somebody would meet a mistake at night."""

from typing import Any

from jinja2 import StrictUndefined

from api.app import create_app
from api.settings import ApiSettings
from shared.languages import LANGUAGES
from shared.templates import Templates


def check_pages(settings: ApiSettings) -> None:
    """Make every page in every language.

    Raises SettingsError.
    """
    app = create_app(settings)
    # Where it serves, what has no value is left out: a page with a gap is better than none. Here it is a mistake.
    app.jinja_env.undefined = StrictUndefined
    pages = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("pages.") and not rule.arguments]

    def render() -> None:
        for rule in pages:
            for language in LANGUAGES:
                with app.test_request_context(f"{rule.rule}?locale={language}"):
                    app.preprocess_request()
                    view: Any = app.view_functions[rule.endpoint]
                    app.make_response(view()).close()

    Templates(settings.template_folder, "pages").check(app.jinja_env, render)
