"""Environment variables that Kubernetes and Docker make for each service, recognised by their shape.

A Service called `mail` makes MAIL_PORT=tcp://10.96.0.17:25, which is no setting, and one called `users` makes
USERS_SERVICE_HOST, which is no misspelt one. Source: Kubernetes, "Environment variables" of Services; Docker, "Legacy
container links".
"""

import re
from collections.abc import Mapping

_NAME = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT(_START|_END)?|ADDR))?)")
_ADDRESS = re.compile(r"(tcp|udp|sctp)://\S+")
_DOCKER_NAME = re.compile(r"(/[\w.-]+){2,}")


def service_links(environ: Mapping[str, str]) -> set[str]:
    """Return the names of the variables that are links to services."""
    ports = {name for name, value in environ.items() if name.endswith("_PORT") and _ADDRESS.fullmatch(value)}
    services = tuple(name.removesuffix("PORT") for name in ports)
    copied = tuple(f"{service}ENV_" for service in services)  # The other container's variables, by Docker.
    named = {f"{service}NAME" for service in services}
    return ports | {
        name
        for name, value in environ.items()
        if _NAME.fullmatch(name) or name.startswith(copied) or (name in named and _DOCKER_NAME.fullmatch(value))
    }
