"""How a page stands on the screen, measured in the browser."""

from playwright.sync_api import Page

# What is only for screen readers is a pixel wide, and may stand anywhere.
_STICKING_OUT = """() => {
  const root = document.documentElement;
  const all = [...document.querySelectorAll("body *")];
  const shown = all.filter((one) => one.checkVisibility({visibilityProperty: true}));
  const words = (one) => `${one.tagName} ${one.id} ${one.className} ${one.textContent.trim().slice(0, 40)}`;
  const beyond = shown.filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && (box.left < -0.5 || box.right > root.clientWidth + 0.5);
  });
  // What is typed may be longer than its field.
  const boxes = shown.filter((one) => one.tagName !== "INPUT" && one.clientWidth > 1);
  const cut = boxes.filter((one) => one.scrollWidth > one.clientWidth + 1);
  const scrolled = root.scrollWidth > root.clientWidth ? [root] : [];
  return [...new Set([...beyond, ...cut, ...scrolled])].map(words);
}"""
_FOCUS = """() => {
  const one = document.activeElement;
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const words = one.labels?.[0]?.textContent ?? one.textContent;
  return {
    name: one === document.body ? "" : words.trim().replace(/\\s+/g, " "),
    top: Math.round(box.top + scrollY), left: Math.round(box.left),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
  };
}"""


def sticking_out(page: Page) -> list[str]:
    """List the elements that stand beyond the screen's edges or do not fit into their own."""
    found: list[str] = page.evaluate(_STICKING_OUT)
    return found


class Focus:
    """Where the keyboard is: an element's name, where it stands, and how wide its outline is, in pixels."""

    def __init__(self, page: Page) -> None:
        found = page.evaluate(_FOCUS)
        self.name: str = found["name"]
        self.place: tuple[int, int] = (found["top"], found["left"])
        self.outline: float = found["outline"]


def walk(page: Page, steps: int) -> list[Focus]:
    """Press Tab, and tell where it leads each time."""
    walked = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        walked.append(Focus(page))
    return walked
