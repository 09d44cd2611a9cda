"""Scripts, styles and pictures. Their addresses change with their content, so browsers keep them for a year."""

import gzip
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import brotli
from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from api.web.response_headers import keep_for_a_year

FOLDER = Path(__file__).parent / "static"


def version(*contents: bytes) -> str:
    """Return what stands for a content in its address."""
    return sha256(b"".join(sha256(content).digest() for content in contents)).hexdigest()[:16]


def register_static_files(site: Blueprint) -> None:
    """Add the files: `url_for('pages.static', filename='icon.svg')`.

    One version stands for all of them, as a folder, so that the scripts' relative imports lead to the same version.
    Without a version, or with that of another release, a file is served as it is now, and not kept. All are in memory
    and compressed as well as possible, so that no request reads or compresses one.
    """
    files = {path.name: _bodies(path.read_bytes()) for path in sorted(FOLDER.iterdir())}
    kinds = {name: guess_type(name)[0] for name in files}
    current = version(*(bodies["identity"] for bodies in files.values()))

    @site.app_url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "pages.static":
            values["version"] = current

    @site.get("/static/<filename>")
    @site.get("/static/<version>/<filename>")
    def static(filename: str, version: str = "") -> Response:
        if filename not in files:
            abort(404)
        accepted = parse_accept_header(request.environ.get("HTTP_ACCEPT_ENCODING", ""), Accept)
        encoding = accepted.best_match(files[filename], default="identity")
        answer = Response(files[filename][encoding], mimetype=kinds[filename])
        if encoding != "identity":
            answer.headers["Content-Encoding"] = encoding
        return keep_for_a_year(answer) if version == current else answer


def _bodies(content: bytes) -> dict[str, bytes]:
    """Return a content in each encoding, the shortest first."""
    return {"br": brotli.compress(content), "gzip": gzip.compress(content, mtime=0), "identity": content}
