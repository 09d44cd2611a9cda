"""The pages' colours and logo, made from the settings."""

from flask import Blueprint, Flask, Response

from api.logo import read_picture
from api.settings import ApiSettings
from shared.settings.branding import LIGHT, Branding

ON_DARK_ACCENT = "#10151c"  # Text on the accent colour of dark screens.
_STYLES = """:root {{ --accent: {light}; --on-accent: {on_light}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; --on-accent: {on_dark}; }} }}
"""


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
    return _STYLES.format(
        light=settings.brand_color, on_light=LIGHT, dark=settings.dark_brand_color, on_dark=ON_DARK_ACCENT
    )
