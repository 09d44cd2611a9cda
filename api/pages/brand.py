"""The pages' colours and logo, made from the settings."""

from flask import Blueprint, Flask, Response

from api.logo import read_picture
from api.settings import ApiSettings
from shared.settings.branding import DARK_TEXT, LIGHT, Branding

_COLORS = "--accent: {}; --on-accent: {}; --accent-edge: {}; --accent-hover: {}; --link: {};"
# Away from the colour of the text.
_LIGHTER, _DARKER = "#ffffff33", "#0000001a"


def register_brand(app: Flask, settings: ApiSettings) -> None:
    """Add the stylesheet and the logo, and pass the logo's address to the templates."""
    site = Blueprint("brand", __name__)
    brand_styles = styles(settings)
    # If the logo is on another server, browsers load it from there.
    ours = settings.logo and "://" not in settings.logo
    shown = {"logo": "/logo" if ours else settings.logo}
    site.app_context_processor(lambda: shown)

    @site.get("/brand.css")
    def stylesheet() -> Response:
        return Response(brand_styles, mimetype="text/css")

    if ours:
        picture, kind = read_picture(settings.logo)

        @site.get("/logo")
        def logo() -> Response:
            return Response(picture, mimetype=kind)

    app.register_blueprint(site)


def styles(settings: Branding) -> str:
    """Write the stylesheet that sets the brand's colours."""
    color, text, tone = settings.brand_color, settings.on_brand_color, settings.dark_brand_color
    hover = _DARKER if text == LIGHT else _LIGHTER
    light = _COLORS.format(color, text, settings.edge_color, hover, settings.link_color)
    dark = _COLORS.format(tone, DARK_TEXT, tone, _LIGHTER, tone)
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
