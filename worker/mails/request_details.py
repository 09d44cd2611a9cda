"""What an email says about its request: when, with what, from where. It never includes text from the client."""

import ipaddress
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, get_date_format, get_datetime_format, get_time_format

from shared.outbox.jobs import Job
from shared.user_agents import BROWSERS, SYSTEMS

_KEPT = {4: 24, 6: 48}  # Bits of each IP version: enough to recognise one's own network, too few to find a person.


def origin(job: Job, language: str, timezone: str) -> dict[str, str]:
    """Return when and where a job's request came from, in the reader's language; unknown values are empty.

    Words outside our vocabulary are left out, whoever put them into the job.
    """
    return {
        "time": local_time(job.asked_at or job.accepted_at, language, timezone),
        "browser": job.browser if job.browser in BROWSERS else "",
        "system": job.system if job.system in SYSTEMS else "",
        "network": shortened(job.client),
    }


def shortened(client: str) -> str:
    """Return the client's network, as `203.0.113.x` or `2001:db8:1::/48`; empty if it is unknown."""
    try:
        network = ipaddress.ip_network(client)
    except ValueError:
        return ""
    kept = _KEPT[network.version]
    if network.prefixlen < kept:  # A network this wide tells nobody anything.
        return ""
    return str(network.supernet(new_prefix=kept)).replace(".0/24", ".x")


def local_time(seconds: float, language: str, timezone: str) -> str:
    """Format a time with its zone in a language: `23 novembre 2026, 15:52 UTC+01:00`."""
    moment = datetime.fromtimestamp(seconds, ZoneInfo(timezone))
    return format_datetime(moment, _pattern(language, timezone), locale=language)


@lru_cache
def _pattern(language: str, timezone: str) -> str:
    """Return the language's long format for date and time, without seconds.

    The zone is shown as its offset from GMT: only some languages have a name such as CET.
    """
    locale = Locale.parse(language)
    zone = "'UTC'" if timezone in {"UTC", "Etc/UTC"} else "ZZZZ"
    time = get_time_format("long", locale).pattern.replace(":ss", "").replace("z", zone)
    pattern = str(get_datetime_format("long", locale)).format(time, get_date_format("long", locale).pattern)
    # Some fonts show the narrow space before AM as a box, and it would be the only non-ASCII character in an email.
    return pattern.replace("\u202f", " ")
