"""What browsers get in the place of a problem document: a page, or a redirect from an address that is damaged."""

import re
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from api.web.answers import named_language
from api.web.links import relative_url

_PATH = {"forgot": "pages.forgot_page", "reset": "pages.reset_page"}
# What mail programs and people add to an address, and a fragment or query whose mark was encoded.
_DAMAGED = re.compile(r"""/(forgot|reset)-password[\s/.,;:!*'"<>()\[\]\u200b]*([#?].*)?""", re.DOTALL | re.IGNORECASE)
_KEPT = ("Allow", "Content-Language", "Retry-After")
# Slashes of a path. Each makes every link of a page longer: 8,000 of them made a page of 120 kB.
MAX_DEPTH = 8
MAX_PAGES = 512  # That are kept, of a kilobyte each.
_OF_PROGRAMS = ("application/json", "application/problem+json")
_SHOWN = ("status", "code", "title")


def make_for_browsers() -> Callable[[Response], BaseResponse]:
    """Return a function that takes a problem document, and returns what the client prefers: it, or a page like it."""

    @lru_cache(MAX_PAGES)
    def render(depth: int, chosen: bool, language: str, **problem: Any) -> bytes:  # noqa: ARG001, FBT001 - parts of a key
        return render_template("error.html", problem=problem).encode()

    def for_browsers(problem: Response) -> BaseResponse:
        depth, wanted = request.path.count("/"), request.accept_mimetypes
        if depth > MAX_DEPTH or wanted["text/html"] <= max(map(wanted.__getitem__, _OF_PROGRAMS)):
            return problem
        if elsewhere := _from_damaged_address(problem):
            return elsewhere
        found = problem.get_json(force=True)
        shown = {name: found[name] for name in _SHOWN}
        page = render(depth, bool(named_language()), problem.headers["Content-Language"], **shown)
        headers = {name: problem.headers[name] for name in _KEPT if name in problem.headers}
        return Response(page, problem.status_code, headers, mimetype="text/html")

    return for_browsers


def _from_damaged_address(problem: Response) -> BaseResponse | None:
    """Lead to the page that was meant. The token stays in the address, and is looked for by the page's script."""
    damaged = _DAMAGED.fullmatch(request.path)
    if problem.status_code != HTTPStatus.NOT_FOUND or request.method not in ("GET", "HEAD") or not damaged:
        return None
    query = request.query_string.decode("latin-1")
    # Browsers keep the fragment that they have, unless this address has one.
    fragment = quote(damaged[2][1:], safe="=&") if damaged[2] else ""
    if "/" in request.path[1:] and "token" in query:
        # A proxy may have decoded this slash. The browser then leaves the proxy's path, and no server outside of it may
        # get the token: a fragment is not sent.
        query, fragment = "", "&".join(filter(None, [query, fragment]))
    ends = "".join(mark + part for mark, part in (("?", query), ("#", fragment)) if part)
    return redirect(relative_url(_PATH[damaged[1].lower()]) + ends)
