"""Links between our pages: relative, because a proxy may serve them under a path that the API does not know."""

from typing import Any

from flask import request, url_for


def relative_url(endpoint: str, **values: Any) -> str:
    """Return an endpoint's address relative to that of the request: `../forgot-password`."""
    absolute = url_for(endpoint, **values).removeprefix(request.script_root)
    return "../" * (request.path.count("/") - 1) + absolute.lstrip("/")
