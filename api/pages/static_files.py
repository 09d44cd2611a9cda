"""Scripts, styles and pictures. Their addresses change with their content, so browsers keep them for a year."""

from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort

from api.pages.compressed import COMPRESSORS, IDENTITY, compressed
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
    kinds = {name: guess_type(name)[0] or "" for name in files}
    current = version(*(bodies[IDENTITY] for bodies in files.values()))

    @site.app_url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "pages.static":
            values["version"] = current

    @site.get("/static/<filename>")
    @site.get("/static/<version>/<filename>")
    def static(filename: str, version: str = "") -> Response:
        if filename not in files:
            abort(404)
        answer = compressed(kinds[filename], files[filename].__getitem__)
        return keep_for_a_year(answer) if version == current else answer


def _bodies(content: bytes) -> dict[str, bytes]:
    return {encoding: compress(content) for encoding, compress in COMPRESSORS.items()}
