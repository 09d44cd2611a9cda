"""Fake answers of the server, for answers that a healthy server does not give on demand."""

import json
from typing import Any

from playwright.sync_api import Page, Route

_WAIT_FOR_EVER = """() => {
  window.trueFetch = window.fetch;
  window.fetch = (_, {signal}) => new Promise((_, refuse) =>
    signal.addEventListener("abort", () => refuse(signal.reason)));
}"""


def answer(page: Page, path: str, status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> None:
    """Answer each POST to a path of the API like this until the next call."""
    text = body if isinstance(body, str) else json.dumps(body or {})
    headers = {"Content-Type": "application/problem+json" if status >= 400 else "application/json", **(headers or {})}

    def fulfil(route: Route) -> None:
        route.fulfill(status=status, body=text, headers=headers)

    _on_post(page, path, fulfil)


def refuse(page: Page, path: str, status: int, code: str, *, retry_after: int | None = None, **members: Any) -> None:
    """Refuse each POST to a path with a problem document, as the API does."""
    problem = {"type": "about:blank", "title": "A title", "status": status, "code": code, **members}
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    answer(page, path, status, problem, headers)


def never_answer(page: Page) -> None:
    """Leave the requests of the loaded page unanswered until it gives up."""
    page.evaluate(_WAIT_FOR_EVER)


def answer_again(page: Page) -> None:
    """Undo `never_answer`."""
    page.evaluate("() => { window.fetch = window.trueFetch; }")


def _on_post(page: Page, path: str, act: Any) -> None:
    page.unroute(f"**{path}")
    page.route(f"**{path}", lambda route: act(route) if route.request.method == "POST" else route.fallback())
