"""What a mail says of the request behind it: when, with what, from where. Nothing in it is a stranger's wording."""

import ipaddress
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, get_date_format, get_datetime_format, get_time_format

from shared.outbox.jobs import Job
from shared.user_agents import BROWSERS, SYSTEMS

_KEPT = {4: 24, 6: 48}  # Bits of each IP version: enough to tell one's own network, too few to find a person.


def origin(job: Job, language: str, timezone: str) -> dict[str, str]:
    """Tell when and where a job's request came from, in the reader's language; what is not known is empty.

    Words that are not of our own are left out, whoever put them into the job.
    """
    return {
        "time": local_time(job.asked_at or job.accepted_at, language, timezone),
        "browser": job.browser if job.browser in BROWSERS else "",
        "system": job.system if job.system in SYSTEMS else "",
        "network": shortened(job.client),
    }


def shortened(client: str) -> str:
    """Return the client's network, as `203.0.113.x` or `2001:db8:1::/48`; empty where it is not known."""
    try:
        network = ipaddress.ip_network(client)
    except ValueError:
        return ""
    kept = _KEPT[network.version]
    if network.prefixlen < kept:  # A network this wide tells nobody anything.
        return ""
    return str(network.supernet(new_prefix=kept)).replace(".0/24", ".x")


def local_time(seconds: float, language: str, timezone: str) -> str:
    """Write a moment with its zone as a language does: `23 novembre 2026, 15:52 UTC+01:00`."""
    moment = datetime.fromtimestamp(seconds, ZoneInfo(timezone))
    return format_datetime(moment, _pattern(language, timezone), locale=language)


@lru_cache
def _pattern(language: str, timezone: str) -> str:
    """Return the language's long date and time, without seconds.

    The zone is its distance from GMT: a name such as CET is known in some languages only.
    """
    locale = Locale.parse(language)
    zone = "'UTC'" if timezone in {"UTC", "Etc/UTC"} else "ZZZZ"
    time = get_time_format("long", locale).pattern.replace(":ss", "").replace("z", zone)
    pattern = str(get_datetime_format("long", locale)).format(time, get_date_format("long", locale).pattern)
    # The narrow space before AM is a box in some fonts, and would be the one character of a mail that is not ASCII.
    return pattern.replace("\u202f", " ")
