"""A content in each encoding that browsers take. It is compressed when it is first asked for, and then kept."""

import gzip
from collections.abc import Callable
from functools import partial

import brotli
from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

IDENTITY = "identity"
# The shortest first: it wins if a client prefers none.
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.compress,
    "gzip": partial(gzip.compress, mtime=0),
    IDENTITY: bytes,
}


def compressed(mimetype: str, body: Callable[[str], bytes]) -> Response:
    """Return an answer in the encoding that the client prefers. `body` returns the content in an encoding."""
    accepted = parse_accept_header(request.environ.get("HTTP_ACCEPT_ENCODING", ""), Accept)
    encoding = accepted.best_match(COMPRESSORS, default=IDENTITY)
    answer = Response(body(encoding), mimetype=mimetype)
    answer.headers["Vary"] = "Accept-Encoding"
    if encoding != IDENTITY:
        answer.headers["Content-Encoding"] = encoding
    return answer
