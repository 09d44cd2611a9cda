"""A browser as it was in 2020: without what browsers have learnt since Safari 14 and Chrome 80."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

# By what holds it. Safari's or Chrome's first version with it is later than those.
YOUNGER = {
    "AbortSignal": ["any", "timeout", "abort"],
    "AbortSignal.prototype": ["throwIfAborted", "reason"],
    "Array": ["fromAsync"],
    "Array.prototype": ["at", "findLast", "findLastIndex", "toReversed", "toSorted", "toSpliced", "with"],
    "String.prototype": ["at", "replaceAll", "isWellFormed", "toWellFormed"],
    "Object": ["hasOwn", "groupBy"],
    "Map": ["groupBy"],
    "Promise": ["any", "withResolvers", "try"],
    "crypto": ["randomUUID"],
    "Crypto.prototype": ["randomUUID"],
    "globalThis": ["structuredClone", "AggregateError", "WeakRef", "FinalizationRegistry", "navigation", "Iterator"],
    "Element.prototype": ["checkVisibility", "getHTML", "setHTMLUnsafe"],
    "HTMLElement.prototype": ["showPopover", "inert"],
    "URL": ["canParse", "parse"],
    "URLSearchParams.prototype": ["size"],
    "Response": ["json"],
    "Intl": ["Segmenter"],
    "RegExp.prototype": ["hasIndices", "unicodeSets"],
}


def script() -> str:
    """Return a script that takes all of it away, to run before those of a page."""
    lines = [
        f"if (typeof {holder.partition('.')[0]} !== 'undefined') delete {holder}[{name!r}];"
        for holder, names in YOUNGER.items()
        for name in names
    ]
    return "\n".join(lines)


def make_old(context: "BrowserContext") -> None:
    """Let all pages of a context find a browser of 2020."""
    context.add_init_script(script())
