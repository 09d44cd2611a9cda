"""The demo's errors, worded for somebody who starts it for the first time."""


class DemoError(Exception):
    """The demo cannot continue; the message says why and what to do about it."""
