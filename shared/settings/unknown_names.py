"""Log what has no effect in the environment: unknown names that look like ours, and links in a setting's place."""

import os
from collections.abc import Mapping

from shared.log import get_logger
from shared.settings.environment import FromEnvironment, known_names, nearest
from shared.settings.service_links import service_links

LIKENESS = 0.6  # Of the name that is suggested.

log = get_logger(__name__)


def log_unknown_settings(cls: type[FromEnvironment], environ: Mapping[str, str] | None = None) -> None:
    """Warn of every name with a prefix that only this program's settings have, and that is none of them."""
    environ = os.environ if environ is None else environ
    known, links = known_names(cls), service_links(environ)
    for name in sorted(environ.keys() & known & links):
        hint = (
            f"A service link of Kubernetes or Docker is in the place of {name}, whose default is used. Set it itself."
        )
        log.warning("service_link_ignored", setting=name, hint=hint)
    for name in sorted(environ.keys() - known - links - set(cls.others)):
        if environ[name] and name.startswith(cls.prefixes):
            meant = nearest(name, known, LIKENESS)
            hint = f"It has no effect. Did you mean {meant}?" if meant else "It has no effect. See docs/settings.md."
            log.warning("unknown_setting", setting=name, hint=hint)
