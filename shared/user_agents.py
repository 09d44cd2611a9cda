"""The words that a job and its mail may use for the browser and the system that a request came from.

There are no others: what a client says of itself is its own text, and stands in no mail.
"""

BROWSERS = ("Chrome", "Edge", "Firefox", "Opera", "Safari", "Samsung Internet")
SYSTEMS = ("Android", "ChromeOS", "iOS", "iPadOS", "Linux", "macOS", "Windows")
