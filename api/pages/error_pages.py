"""What browsers get in the place of a problem document: a page, or a redirect from an address that is damaged."""

import re
from http import HTTPStatus
from urllib.parse import quote

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from api.web.links import relative_url

_PATH = {"forgot": "pages.forgot_page", "reset": "pages.reset_page"}
# What mail programs and people add to an address, and a fragment or query whose mark was encoded.
_DAMAGED = re.compile(r"""/(forgot|reset)-password[\s/.,;:!*'"<>()\[\]\u200b]*([#?].*)?""", re.DOTALL | re.IGNORECASE)
_KEPT = ("Allow", "Content-Language", "Retry-After")


def for_browsers(problem: Response) -> BaseResponse:
    """Return a problem document, or a page that says the same if that is what the client prefers."""
    wanted = request.accept_mimetypes
    if wanted["text/html"] <= max(wanted["application/json"], wanted["application/problem+json"]):
        return problem
    return _from_damaged_address(problem) or _page(problem)


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


def _page(problem: Response) -> Response:
    found = problem.get_json(force=True)
    headers = {name: problem.headers[name] for name in _KEPT if name in problem.headers}
    return Response(render_template("error.html", problem=found), problem.status_code, headers, mimetype="text/html")
