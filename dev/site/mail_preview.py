"""Every mail in every language, as `python -m worker preview` writes them, for the browser."""

import atexit
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Lock

from flask import Blueprint, Response, redirect, send_from_directory, url_for
from werkzeug.wrappers import Response as BaseResponse

from dev.stack.environment import PRODUCT_NAME

# The page of them and the mails bring their styles along; they run nothing and load nothing.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def preview_pages() -> Blueprint:
    """Build the pages; the mails are written when somebody asks for them."""
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
    """The files, in a folder that ends with the program."""

    def __init__(self) -> None:
        self._folder = ""
        self._writing = Lock()

    def folder(self) -> str:
        """Write the mails if nobody has, and name their folder."""
        # Pages are asked for in parallel: whoever came second would replace the folder that the first reads from.
        with self._writing:
            self._folder = self._folder or _written()
            return self._folder


def _written() -> str:
    # Half a second that no start should wait for.
    from worker.mails.preview import write_all  # noqa: PLC0415
    from worker.settings import PreviewSettings  # noqa: PLC0415

    folder = mkdtemp(prefix="latchkey-mails-")
    atexit.register(rmtree, folder, ignore_errors=True)
    write_all(PreviewSettings.load({"PRODUCT_NAME": PRODUCT_NAME}), Path(folder), home=url_for("front.front"))
    return folder
