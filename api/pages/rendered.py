"""Pages that are the same for everybody: each is rendered, and compressed, once in each language."""

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Response, render_template

from api.pages.compressed import COMPRESSORS, IDENTITY, compressed
from api.web.answers import named_language, request_language


def rendered(template: str, values: Callable[[], dict[str, Any]] = dict) -> Callable[[], Response]:
    """Return a function that answers with a page. `values` makes those of its template, in the request's language."""

    @cache
    def body(language: str, chosen: bool, encoding: str) -> bytes:  # noqa: FBT001 - parts of a key
        if encoding != IDENTITY:
            return COMPRESSORS[encoding](body(language, chosen, IDENTITY))
        return render_template(template, **values()).encode()

    def answer() -> Response:
        # All that a page depends on. Links keep a language that was named.
        language, chosen = request_language(), bool(named_language())
        return compressed("text/html", lambda encoding: body(language, chosen, encoding))

    return answer
