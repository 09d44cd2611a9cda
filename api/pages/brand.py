"""The pages' colours and logo, made from the settings."""

from typing import Any

from flask import Blueprint, Flask, Response, request

from api.pages.static_files import version
from api.settings.logo import read_picture
from api.settings.settings import ApiSettings
from api.web.links import relative_url
from api.web.response_headers import keep_for_a_year
from shared.settings.branding import DARK_TEXT, LIGHT, Branding

_COLORS = "--accent: {}; --on-accent: {}; --accent-edge: {}; --accent-hover: {}; --link: {};"
# Away from the colour of the text.
_LIGHTER, _DARKER = "#ffffff33", "#0000001a"


def register_brand(app: Flask, settings: ApiSettings) -> None:
    """Add the stylesheet and the logo, and pass the logo's address to the templates."""
    site = Blueprint("brand", __name__)
    # If the logo is on another server, browsers load it from there.
    ours = settings.logo and "://" not in settings.logo
    site.app_context_processor(lambda: {"logo": relative_url("brand.logo") if ours else settings.logo})
    _serve(site, "/brand.css", "stylesheet", styles(settings).encode(), "text/css")
    if ours:
        _serve(site, "/logo", "logo", *read_picture(settings.logo))
    app.register_blueprint(site)


def _serve(site: Blueprint, path: str, name: str, content: bytes, kind: str) -> None:
    """Serve a content, whose version is in the links to it."""
    current = version(content)

    @site.app_url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == f"brand.{name}":
            values["v"] = current

    @site.get(path, endpoint=name)
    def serve() -> Response:
        answer = Response(content, mimetype=kind)
        return keep_for_a_year(answer) if request.query_string.decode("latin-1") == f"v={current}" else answer


def styles(settings: Branding) -> str:
    """Write the stylesheet that sets the brand's colours."""
    color, text, tone = settings.brand_color, settings.on_brand_color, settings.dark_brand_color
    hover = _DARKER if text == LIGHT else _LIGHTER
    light = _COLORS.format(color, text, settings.edge_color, hover, settings.link_color)
    dark = _COLORS.format(tone, DARK_TEXT, tone, _LIGHTER, tone)
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
