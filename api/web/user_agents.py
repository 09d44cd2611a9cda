"""Recognise browser and system in a User-Agent, in the words of shared/user_agents.py or not at all.

The signs are those that MDN ("Browser detection using the user agent") and the vendors list: Microsoft for Edge (`Edg`,
`EdgA`, `EdgiOS`), Opera (`OPR`, `OPT`, `OPiOS`), Samsung Internet, Chrome on iOS (`CriOS`), Firefox on iOS (`FxiOS`).
"""

from functools import lru_cache

_MAX_LENGTH = 256  # Characters that are read; browsers send about 130.
_BROWSER_LIKE = ("Mozilla/5.0 (", "Opera/9.80 (")
_ROBOT = "compatible;"  # Crawlers that look like browsers include this.

# The first sign found decides: most browsers name others too, for the sake of old sites.
_SYSTEMS = {
    "iPad": "iPadOS",
    "iPhone": "iOS",
    "iPod": "iOS",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Macintosh": "macOS",  # Also iPads that request the desktop site: they send the same.
    "Linux": "Linux",
}
_SIGNS = {
    # Browsers of the same families for which there is no word. The last two are web views: of Android apps, and of the
    # Google app on iOS.
    "": (
        *("Chromium/", "Vivaldi/", "YaBrowser/", "DuckDuckGo/", "Ddg/", "UCBrowser/", "MiuiBrowser/", "HuaweiBrowser/"),
        *("Seamonkey/", "SeaMonkey/", "; wv)", "GSA/"),
    ),
    "Edge": ("Edg/", "Edge/", "EdgA/", "EdgiOS/"),
    "Opera": ("OPR/", "OPT/", "OPiOS/", "Opera/"),
    "Samsung Internet": ("SamsungBrowser/",),
    "Firefox": ("Firefox/", "FxiOS/"),
    "Chrome": ("CriOS/", "Chrome/"),
}
_BROWSERS = {sign: word for word, signs in _SIGNS.items() for sign in signs}
_APPLE = {"iPadOS", "iOS", "macOS"}


def recognise(user_agent: str) -> tuple[str, str]:
    """Return browser and system, each as a word of the vocabulary, or empty if there is none for it."""
    return _recognise(user_agent[:_MAX_LENGTH])


@lru_cache(maxsize=1024)
def _recognise(user_agent: str) -> tuple[str, str]:
    if not user_agent.startswith(_BROWSER_LIKE) or _ROBOT in user_agent:
        return "", ""
    system = next((word for sign, word in _SYSTEMS.items() if sign in user_agent), "")
    # Safari exists only on Apple's systems. Other WebKit and Blink browsers claim it too, besides their own name.
    safari = "Safari" if system in _APPLE and "Version/" in user_agent and "Safari/" in user_agent else ""
    browser = next((word for sign, word in _BROWSERS.items() if sign in user_agent), safari)
    return browser, system
