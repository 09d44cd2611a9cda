"""Who asks for something, as far as the job about it may say: nothing in here is a text of the client's."""

from typing import NamedTuple


class Requester(NamedTuple):
    """The fields of a job that are about the request.

    locale: one of the languages there are.
    client: the network of an IPv4 or IPv6 address, as far as a mail tells it, or empty.
    browser, system: words of shared/user_agents.py, or empty.
    """

    request_id: str
    locale: str
    client: str = ""
    browser: str = ""
    system: str = ""
