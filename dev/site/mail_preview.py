"""Serves what `python -m worker preview` writes: every mail in every language."""

import atexit
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Lock

from flask import Blueprint, Response, redirect, send_from_directory, url_for
from werkzeug.wrappers import Response as BaseResponse

from dev.stack.environment import PRODUCT_NAME

# The index page and the mails have inline styles; they may not run scripts or load anything.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def preview_pages() -> Blueprint:
    """Build the pages; the mails are written on the first request."""
    pages = Blueprint("preview", __name__)
    mails = _Mails()

    @pages.get("/mails")
    def index() -> BaseResponse:
        return redirect(url_for("preview.file", name="index.html"))

    @pages.get("/mails/<path:name>")
    def file(name: str) -> Response:
        response = send_from_directory(mails.folder(), name)
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    return pages


class _Mails:
    """The preview's files, in a folder that is deleted when the program exits."""

    def __init__(self) -> None:
        self._folder = ""
        self._writing = Lock()

    def folder(self) -> str:
        """Write the mails on the first call, and return their folder."""
        # Browsers request pages in parallel: a second run would replace the folder that the first is served from.
        with self._writing:
            self._folder = self._folder or _written()
            return self._folder


def _written() -> str:
    # Imported here because they take half a second, which would delay every start of the demo.
    from worker.mails.preview import write_all  # noqa: PLC0415
    from worker.settings.settings import PreviewSettings  # noqa: PLC0415

    folder = mkdtemp(prefix="latchkey-mails-")
    atexit.register(rmtree, folder, ignore_errors=True)
    write_all(PreviewSettings.load({"PRODUCT_NAME": PRODUCT_NAME}), Path(folder), home=url_for("front.front"))
    return folder
