"""Browser and system are recognised from real and made-up User-Agent headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web import user_agents
from api.web.user_agents import recognise
from shared.user_agents import BROWSERS, SYSTEMS

KHTML = "(KHTML, like Gecko)"
WEBKIT = f"AppleWebKit/537.36 {KHTML}"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 {KHTML}"
IPAD = f"Mozilla/5.0 (iPad; CPU OS 17_2 like Mac OS X) AppleWebKit/605.1.15 {KHTML}"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT}"
LINUX = "Mozilla/5.0 (X11; Linux x86_64"
BLINK = "Chrome/120.0.0.0"
SEEN = {
    f"{WINDOWS} {BLINK} Safari/537.36": ("Chrome", "Windows"),
    f"{MAC} {WEBKIT} {BLINK} Safari/537.36": ("Chrome", "macOS"),
    f"{LINUX}) {WEBKIT} {BLINK} Safari/537.36": ("Chrome", "Linux"),
    f"{ANDROID} {BLINK} Mobile Safari/537.36": ("Chrome", "Android"),
    f"{IPHONE} CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1": ("Chrome", "iOS"),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} {BLINK} Safari/537.36": (
        "Chrome",
        "ChromeOS",
    ),
    f"{WINDOWS} {BLINK} Safari/537.36 Edg/120.0.2210.91": ("Edge", "Windows"),
    f"{WINDOWS} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763": ("Edge", "Windows"),
    f"{ANDROID} {BLINK} Mobile Safari/537.36 EdgA/120.0.2210.115": ("Edge", "Android"),
    f"{IPHONE} Version/17.0 EdgiOS/120.0.2210.116 Mobile/15E148 Safari/605.1.15": ("Edge", "iOS"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0": ("Firefox", "Windows"),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0": ("Firefox", "macOS"),
    f"{LINUX}; rv:121.0) Gecko/20100101 Firefox/121.0": ("Firefox", "Linux"),
    "Mozilla/5.0 (Android 13; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0": ("Firefox", "Android"),
    f"{IPAD} FxiOS/121.0 Mobile/15E148 Safari/605.1.15": ("Firefox", "iPadOS"),
    f"{WINDOWS} {BLINK} Safari/537.36 OPR/106.0.0.0": ("Opera", "Windows"),
    f"{ANDROID} {BLINK} Mobile Safari/537.36 OPR/76.2.4027.73374": ("Opera", "Android"),
    f"{IPHONE} Version/17.2 Mobile/15E148 Safari/604.1 OPT/4.3.1": ("Opera", "iOS"),
    "Opera/9.80 (Android; Opera Mini/36.2.2254/191.303; U; en) Presto/2.12.423 Version/12.16": ("Opera", "Android"),
    f"{MAC} AppleWebKit/605.1.15 {KHTML} Version/17.2 Safari/605.1.15": ("Safari", "macOS"),
    f"{IPHONE} Version/17.2 Mobile/15E148 Safari/604.1": ("Safari", "iOS"),
    f"{IPAD} Version/17.2 Mobile/15E148 Safari/604.1": ("Safari", "iPadOS"),
    f"{ANDROID} SamsungBrowser/23.0 {BLINK} Mobile Safari/537.36": (
        "Samsung Internet",
        "Android",
    ),
}
UNNAMED = {
    # Browsers that Latchkey has no name for, and web views in apps.
    f"{WINDOWS} {BLINK} Safari/537.36 Vivaldi/6.5.3206.39": ("", "Windows"),
    f"{WINDOWS} Chrome/118.0.0.0 YaBrowser/23.11.0 Safari/537.36": ("", "Windows"),
    f"{IPHONE} Version/17.2 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15": ("", "iOS"),
    f"Mozilla/5.0 (Linux; Android 13; Pixel 7; wv) {WEBKIT} Version/4.0 {BLINK}": ("", "Android"),
    f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/443.0.0.23.229]": ("", "iOS"),
    f"{LINUX}) AppleWebKit/605.1.15 {KHTML} Version/16.0 Safari/605.1.15": ("", "Linux"),
    f"Mozilla/5.0 (Linux; U; Android 4.0.3) {WEBKIT} Version/4.0 Mobile Safari/534.30": (
        "",
        "Android",
    ),
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko": ("", "Windows"),
    "Mozilla/5.0 (Windows NT 6.1; rv:60.0) Gecko/20100101 Firefox/60.0 SeaMonkey/2.53.1": ("", "Windows"),
    # Programs that are not browsers.
    "": ("", ""),
    "curl/8.5.0": ("", ""),
    "python-requests/2.31.0": ("", ""),
    "node": ("", ""),
    "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A.230901.001)": ("", ""),
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)": ("", ""),
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": ("", ""),
    f"Mozilla/5.0 {WEBKIT}; compatible; Googlebot/2.1) {BLINK} Safari/537.36": ("", ""),
    f"{ANDROID} {BLINK} Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": ("", ""),
}


@pytest.mark.parametrize(("user_agent", "expected"), [*SEEN.items(), *UNNAMED.items()])
def test_user_agents_are_recognised(user_agent: str, expected: tuple[str, str]) -> None:
    assert recognise(user_agent) == expected


def test_every_word_of_the_vocabulary_is_used() -> None:
    browsers, systems = zip(*SEEN.values(), strict=True)

    assert sorted(set(browsers)) == sorted(BROWSERS)
    assert sorted(set(systems), key=str.lower) == sorted(SYSTEMS, key=str.lower)


signs = st.sampled_from([*user_agents._BROWSERS, *user_agents._SYSTEMS, "Mozilla/5.0 (", "Version/", "Safari/", ") "])


@given(st.text() | st.lists(signs | st.text(max_size=5), max_size=30).map("".join).map("Mozilla/5.0 (".__add__))
def test_any_user_agent_gives_only_known_names(user_agent: str) -> None:
    browser, system = recognise(user_agent)

    assert browser in ("", *BROWSERS)
    assert system in ("", *SYSTEMS)


def test_what_is_remembered_of_requests_is_bounded() -> None:
    for number in range(3000):
        recognise(f"Mozilla/5.0 ({number}" * 1000)

    remembered = user_agents._recognise.cache_info()

    assert remembered.maxsize == 1024
    assert remembered.currsize <= 1024
    # Text beyond the length limit is not read.
    assert recognise("Mozilla/5.0 (" + " " * 300 + "Windows") == ("", "")
