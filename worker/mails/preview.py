"""`python -m worker preview`: every email in every language, as files, with a page that shows them."""

import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
from flask import Flask
from flask_mail import Mail
from jinja2 import Environment, FileSystemLoader

from shared.cli.terminal import CommandFailed, say
from shared.languages import LANGUAGES, direction, init_babel, tag
from worker.mails.check import EXAMPLE, check_mails, examples
from worker.mails.messages import Messages
from worker.settings.settings import PreviewSettings

_MARK = '<meta name="generator" content="Latchkey, preview of its mails">'


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--open/--no-open", "show", default=True, help="Open the page in the browser.")
def preview(folder: Path | None, *, show: bool) -> None:
    """Write every email in every language to FOLDER, and open a page of them. Nothing is sent.

    No settings are needed. If PRODUCT_NAME, RESET_URL or other settings of emails are set, they are used.
    """
    folder = folder or Path(tempfile.mkdtemp(prefix="latchkey-mails-"))
    named = {name.upper() for name in PreviewSettings.model_fields}
    settings = PreviewSettings.load({name: value for name, value in os.environ.items() if name in named})
    check_mails(settings, _speaker(settings))
    _refuse_others(folder)
    index = write_all(settings, folder)
    count = len(list(folder.glob("*/*.eml")))
    say(f"{count} emails: {index}")
    has_display = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if show and has_display:
        click.launch(index.as_uri())


def write_all(settings: PreviewSettings, folder: Path, *, home: str = "") -> Path:
    """Write the emails and a page of them, with a link to the page it was opened from, and return its path."""
    example = EXAMPLE if settings.users_name_column else replace(EXAMPLE, account="")
    messages, job = Messages(settings), replace(example, accepted_at=time.time())
    with _speaker(settings).app_context():
        mails = {language: examples(messages, replace(job, locale=language)) for language in LANGUAGES}
        page = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True).get_template("preview.html")
        folder.mkdir(parents=True, exist_ok=True)
        index = (folder / "index.html").resolve()
        # Before the emails: this page marks a folder as ours even if it is only half written.
        shown = page.render(
            mails=mails, names=LANGUAGES, tag=tag, direction=direction, brand=settings, home=home, mark=_MARK
        )
        index.write_text(shown, encoding="utf-8")
        for language, kinds in mails.items():
            (folder / language).mkdir(exist_ok=True)
            for kind, message in kinds.items():
                file = folder / language / kind
                file.with_suffix(".html").write_text(str(message.html), encoding="utf-8")
                file.with_suffix(".txt").write_text(str(message.body), encoding="utf-8")
                file.with_suffix(".eml").write_bytes(message.as_bytes())
    return index


def _speaker(settings: PreviewSettings) -> Flask:
    """Build an app in whose context emails can be written."""
    app = Flask("preview")
    Mail(app)
    init_babel(app, settings.babel_default_locale, settings.babel_default_timezone)
    return app


def _refuse_others(folder: Path) -> None:
    """Refuse a folder with files that no preview wrote, or with links that lead out of it.

    Raises CommandFailed.
    """
    hint = "Name a new folder, or an empty one."
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    index = folder / "index.html"
    if not index.is_file() or _MARK not in index.read_text(encoding="utf-8", errors="replace"):
        raise CommandFailed(f"{folder} contains files that no preview wrote. {hint}")
    if any(path.is_symlink() for path in folder.rglob("*")):
        raise CommandFailed(f"{folder} contains symbolic links, whose targets might be overwritten. {hint}")
