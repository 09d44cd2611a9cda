"""The words that a job and its email may use for the browser and the system of a request.

No others are used: a User-Agent is text from the client, which never appears in an email.
"""

BROWSERS = ("Chrome", "Edge", "Firefox", "Opera", "Safari", "Samsung Internet")
SYSTEMS = ("Android", "ChromeOS", "iOS", "iPadOS", "Linux", "macOS", "Windows")
