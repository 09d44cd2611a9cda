"""The browsers and systems that there are words for. A mail names these and nothing else of what a client says."""

BROWSERS = ("Chrome", "Edge", "Firefox", "Opera", "Safari", "Samsung Internet")
SYSTEMS = ("Android", "ChromeOS", "iOS", "iPadOS", "Linux", "macOS", "Windows")
