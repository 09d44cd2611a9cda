"""The layout of a page, measured in the browser."""

from playwright.sync_api import Page

# Elements only for screen readers are a pixel wide. The text of a field may be longer than the field.
_STICKING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  const shown = [...document.querySelectorAll("body *")].filter((one) =>
    one.checkVisibility({visibilityProperty: true}) && one.getBoundingClientRect().width > 1);
  const outside = (box, left, right) => box.width && (box.left < left - 1 || box.right > right + 1);
  const beyond = shown.filter((one) => outside(one.getBoundingClientRect(), 0, width));
  const spilling = shown.filter((one) => {
    const box = one.getBoundingClientRect();
    const range = document.createRange();
    return [...one.childNodes].some((node) => {
      if (node.nodeType !== Node.TEXT_NODE || getComputedStyle(one).display === "inline") return false;
      range.selectNodeContents(node);
      return outside(range.getBoundingClientRect(), box.left, box.right);
    });
  });
  const scrolled = document.documentElement.scrollWidth > width ? [document.documentElement] : [];
  const words = (one) => `${one.tagName} ${one.id} ${one.className} ${one.textContent.trim().slice(0, 40)}`;
  return [...new Set([...beyond, ...spilling, ...scrolled])].map(words);
}"""
# Words of katakana, and those whose first letter has a hyphen, such as `e-mail`.
_BROKEN_WORDS = """() => {
  const words = /[ァ-ヶー]{2,}|(?<![\\p{L}-])\\p{L}[-\u2011]\\p{L}+/gu, broken = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (getComputedStyle(texts.currentNode.parentElement).wordBreak === "break-all") continue;  // A link in full.
    for (const word of texts.currentNode.data.matchAll(words)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
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
    """List the elements that stick out of the screen, and those whose text overflows."""
    found: list[str] = page.evaluate(_STICKING_OUT)
    return found


def broken_words(page: Page) -> list[str]:
    """List the words that no line should end in, and one does."""
    found: list[str] = page.evaluate(_BROKEN_WORDS)
    return found


class Focus:
    """The focused element: its name, its position, and the width of its outline in pixels."""

    def __init__(self, page: Page) -> None:
        found = page.evaluate(_FOCUS)
        self.name: str = found["name"]
        self.place: tuple[int, int] = (found["top"], found["left"])
        self.outline: float = found["outline"]


def walk(page: Page, steps: int) -> list[Focus]:
    """Press Tab several times, and return the focus after each."""
    walked = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        walked.append(Focus(page))
    return walked
