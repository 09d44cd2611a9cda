"""The front page, which guides a visitor through the demo, and the sign-in page, its last step."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from dev.site.place import Place
from dev.site.sign_in import may_sign_in
from dev.stack.demo_users import DEMO_USERS
from shared.languages import LANGUAGES, direction, tag


def front_pages(place: Place) -> Blueprint:
    """Build both pages."""
    pages = Blueprint("front", __name__)

    @pages.get("/")
    def front() -> str:
        return render_template("front.html", users=DEMO_USERS, languages=_languages())

    @pages.get("/sign-in")
    def sign_in() -> str:
        return render_template("sign_in.html")

    @pages.post("/sign-in")
    def signed_in() -> ResponseReturnValue:
        # There is no session to protect, so a form sent by another site has no effect.
        address = request.form.get("email", "").strip()
        if may_sign_in(place.database, address, request.form.get("password", "")):
            return render_template("signed_in.html", address=address)
        return render_template("sign_in.html", address=address, wrong=True), 401

    return pages


def _languages() -> list[tuple[str, str, str]]:
    """List each language's tag, its name in that language, and its writing direction."""
    return [(tag(code), name, direction(code)) for code, name in LANGUAGES.items()]
