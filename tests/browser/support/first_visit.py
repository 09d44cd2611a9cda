"""How fast a first visit is. Only printed and never asserted, because the times depend on the machine's load."""

from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser

_TIMES = """() => {
  const visit = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint.startTime, visit.domInteractive, visit.loadEventEnd];
}"""
VISITS = 9


@dataclass(frozen=True)
class FirstVisit:
    """Milliseconds from the click to each event, and bytes over the wire."""

    painted: float
    interactive: float
    loaded: float
    size: int

    def __str__(self) -> str:
        return (
            f"painted after {self.painted:.0f} ms, interactive after {self.interactive:.0f} ms, "
            f"loaded after {self.loaded:.0f} ms, {self.size / 1000:.1f} kB"
        )


def first_visit(browser: Browser, url: str) -> FirstVisit:
    """Open a page several times, each time with an empty cache, and return the medians."""
    visits = [_visit(browser, url) for _ in range(VISITS)]
    return FirstVisit(
        painted=median(visit.painted for visit in visits),
        interactive=median(visit.interactive for visit in visits),
        loaded=median(visit.loaded for visit in visits),
        size=max(visit.size for visit in visits),
    )


def _visit(browser: Browser, url: str) -> FirstVisit:
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(url, wait_until="networkidle")
    # The browser reports the first paint with a delay.
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    painted, interactive, loaded = page.evaluate(_TIMES)
    context.close()
    return FirstVisit(painted, interactive, loaded, sum(sizes))
