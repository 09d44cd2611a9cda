"""Logs: one JSON object per line, with the id of its request and without private data.

Private data is not passed to a logger in the first place. The redaction here is a second line of defence, for the texts
of libraries and tracebacks.
"""

import logging
import re
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.ids import RandomIds

_new_request_id = RandomIds(16)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Characters that delimit an address in a text: white space, quotes, brackets and separators.
_OUTSIDE = r"\s\"'<>,;:()\[\]{}\\"
_LOCAL = _OUTSIDE.replace("'", "").replace("{}", "")
# What looks like an email address but is not one: the name that Celery gives to the worker of this machine, and Redis's
# categories of commands.
_NO_ADDRESS = re.compile(rf"celery@{re.escape(socket.gethostname())}|[+-]@[a-z]+")
# The look-behinds keep a pattern from being tried at every character of a long word.
_PRIVATE: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # User and password in the address of a server, whose host stays.
    (re.compile(r"(?<=://)[^\s/\"'<>@:]*:[^\s/\"'<>]*@(?=[\w.\[-])"), "[login]@"),
    (
        re.compile(rf"(?:\"[^\"\n]*\"|(?<![^{_LOCAL}])[^{_LOCAL}]+)(?:[@\uff20]|%40)[^{_OUTSIDE}/]+"),
        lambda found: found[0] if _NO_ADDRESS.fullmatch(found[0]) else "[address]",
    ),
    (re.compile(r"(?<![\w-])[\w-]{24,}\.[\w-]{5,8}\.[\w-]{27,}"), "[token]"),
    # Access tokens of mail providers: Google's, and JSON Web Tokens such as Microsoft's.
    (re.compile(r"(?<![\w-])(?:ya29\.[\w.-]+|eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*)"), "[token]"),
    # Password hashes: those that begin with `$` and a name, those that begin with a name, and those without one.
    (re.compile(r"\$[\w-]{1,20}\$[^\s'\"]{20,}"), "[hash]"),
    (re.compile(r"(?<!\w)(pbkdf2|scrypt|argon2|bcrypt)[\w:$-]{0,60}\$[^\s'\"]{20,}"), "[hash]"),
    (re.compile(r"[0-9a-f]{32}:[0-9a-f]{128}|(?<![\w+/])AQAAAA[\w+/]{40,}=*|\}[0-9a-f]{96}"), "[hash]"),
)
# SQLAlchemy logs the rows that it reads. The others repeat what Latchkey logs itself, and Flask-Limiter would do so for
# some addresses only.
_TOO_TALKATIVE = ("sqlalchemy", "flask-limiter", "celery.worker.strategy", "celery.app.trace")
_PRIVATE_FIELDS = frozenset({"password", "token", "address", "email", "authorization"})

get_logger = structlog.stdlib.get_logger
with_request_id = bound_contextvars


def request_id(candidate: str | None) -> str:
    """Return the client's request id if it is harmless, else a new one.

    Ids of our own have a colon (`api:...`, `support:...`), which a client's id cannot have. So nobody can choose an id
    that looks like ours or support's.
    """
    return candidate if candidate and _REQUEST_ID.fullmatch(candidate) else f"api:{_new_request_id()}"


def redact(text: str) -> str:
    """Replace everything that looks like an email address, a log-in, a reset token or a password hash."""
    for pattern, replacement in _PRIVATE:
        text = pattern.sub(replacement, text)
    return text


def configure(program: str, level: str) -> None:
    """Send all logs of this process, libraries included, to standard error as JSON lines."""
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[ProcessorFormatter.remove_processors_meta, partial(_finished, program), render],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _finished(program: str, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Redact before the line is rendered: afterwards, a pattern could match half of an escape sequence."""
    redacted = {name: _redacted(value) for name, value in event.items() if name not in _PRIVATE_FIELDS}
    return {"program": program, **redacted}


def _redacted(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case list() | tuple():
            return [_redacted(item) for item in value]
        case dict():
            return {redact(str(name)): _redacted(item) for name, item in value.items()}
    return redact(str(value))
