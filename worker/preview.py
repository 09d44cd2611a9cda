"""`python -m worker preview`: every mail in every language, as files, with a page that shows them."""

import os
import sys
import tempfile
import time
from pathlib import Path

import click
from flask import Flask
from flask_mail import Mail, Message
from jinja2 import Environment, FileSystemLoader

from shared.branding import Branding
from shared.jobs import Job
from shared.languages import LANGUAGES, direction, speak, tag
from worker.messages import Messages

READER = "you@example.com"
TOKEN = "WyIxMjM0NSJd.aBcDeF.an-example-that-opens-nothing"  # noqa: S105 - it says so


class PreviewSettings(Branding):
    """The branding of the environment, and an example of what else a mail is written with."""

    reset_url: str = "https://www.example.com/reset-password"
    reset_token_max_age: int = 1800
    mail_default_sender: str = "no-reply@example.com"


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--open/--no-open", "show", default=True, help="Open the page in the browser.")
def preview(folder: Path | None, *, show: bool) -> None:
    """Write every mail in every language to FOLDER, and open a page of them. Nothing is sent.

    It needs no setting; PRODUCT_NAME, BRAND_COLOR and others of pages and mails show what they do.
    """
    folder = folder or Path(tempfile.mkdtemp(prefix="latchkey-mails-"))
    named = {name.upper() for name in Branding.model_fields}
    branding = {name: value for name, value in os.environ.items() if name in named}
    index = write_all(PreviewSettings.load(branding), folder)
    click.echo(f"{2 * len(LANGUAGES)} mails: {index}")
    if show and _has_display():
        click.launch(index.as_uri())


def write_all(settings: PreviewSettings, folder: Path, *, home: str = "") -> Path:
    """Write the mails and the page of them, with a link to where one came from, and return the page's path."""
    app = Flask("preview")
    Mail(app)
    speak(app, settings.babel_default_locale, settings.babel_default_timezone)
    messages = Messages(settings)
    languages = []
    with app.app_context():
        for code, name in LANGUAGES.items():
            mails = examples(messages, code)
            for kind, message in mails.items():
                _write(message, folder / code, kind)
            languages.append(
                {"code": code, "tag": tag(code), "direction": direction(code), "name": name, "mails": mails}
            )
    page = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True).get_template("preview.html")
    index = (folder / "index.html").resolve()
    index.write_text(page.render(languages=languages, brand=settings, home=home), encoding="utf-8")
    return index


def examples(messages: Messages, language: str) -> dict[str, Message]:
    """Write each of the mails once."""
    job = Job(
        id="0" * 32,
        kind="forgot",
        request_id="",
        address_hash="",
        accepted_at=time.time(),
        address=READER,
        locale=language,
        client="203.0.113.42",
        browser="Firefox",
        system="Windows",
        old_state="1" * 32,
    )
    return {"reset": messages.reset(job, READER, TOKEN), "password_changed": messages.password_changed(job)}


def _write(message: Message, folder: Path, kind: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{kind}.html").write_text(str(message.html), encoding="utf-8")
    (folder / f"{kind}.txt").write_text(str(message.body), encoding="utf-8")
    (folder / f"{kind}.eml").write_bytes(message.as_bytes())


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
