"""Email addresses: which are valid, which spellings mean the same mailbox, and the hash that identifies it."""

import hashlib
import hmac
import re
from functools import cache

import idna

MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets, less its angle brackets.
MAX_LOCAL_LENGTH = 64  # RFC 5321, 4.5.3.1.1.
# Of an international domain, more than any has: characters if it is not written in ASCII, and labels. IDNA's rules take
# some 30 function calls for each: an address that they refused cost eight times as much as an accepted request.
MAX_UNICODE_DOMAIN, MAX_LABELS = 63, 10
# Copying an address may add spaces and invisible characters (Unicode's Default_Ignorable_Code_Point:
# zero-width spaces, marks of direction, variation selectors, soft hyphens). Some domains need the two joiners.
_SPACES = r" \t\r\n\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_JOINERS = r"\u200c\u200d"
INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
IGNORABLE = INVISIBLE + _JOINERS  # All of Default_Ignorable_Code_Point.
_AROUND = re.compile(r"\A[{0}]+|(?<![{0}])[{0}]+\Z".format(_SPACES + IGNORABLE))
# One unquoted "@", and none of the characters that would make a list, a display name, a comment or a second line, or
# that nobody sees.
_NO_ATOM = rf"\s\x00-\x1f\x7f-\x9f\ud800-\udfff@,;:<>()\[\]\"\\{INVISIBLE}"
_SHAPE = re.compile(f"[^{_NO_ATOM}{_JOINERS}]+@[^{_NO_ATOM}]+")
_DOTS = re.compile(r"[.\u3002\uff0e\uff61]")  # UTS 46 takes each for a full stop.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_UPPER_TO_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


class InvalidAddress(ValueError):
    """The text is not one plain email address."""


def lower(text: str) -> str:
    """Lower-case only A to Z: other case mappings merge two mailboxes into one (CVE-2019-19844)."""
    return text.translate(_UPPER_TO_LOWER)


def parse(text: str) -> str:
    """Return the address as typed, without white space and invisible characters around it.

    Raises InvalidAddress for anything but exactly one address: lists, display names, control characters, invisible
    characters within, domains that IDNA 2008 refuses, and encoded words, which no address may hold (RFC 2047, 5) and
    some relays decode.
    """
    return _parts(text)[0]


def normalise(address: str) -> str:
    """Return the form that all spellings of a mailbox share: lower case, domain in ASCII.

    Raises InvalidAddress.
    """
    _, local, ascii_domain = _parts(address)
    return f"{lower(local)}@{ascii_domain}"


def spellings(address: str) -> list[str]:
    """List the forms in which a table may store the address: as typed, lower-cased, domain in Unicode or ASCII."""
    address, local, ascii_domain = _parts(address)
    domain = address.removeprefix(f"{local}@")
    unicode_domain = idna.decode(ascii_domain) if "xn--" in ascii_domain else ascii_domain
    domains = [domain, lower(domain), ascii_domain, unicode_domain]
    forms = [address, *(f"{part}@{name}" for part in (local, lower(local)) for name in domains)]
    return list(dict.fromkeys(forms))


def envelope(address: str) -> str:
    """Return the stored address for SMTP: its domain in ASCII, its local part unchanged.

    A local part beyond ASCII needs a relay with SMTPUTF8 (RFC 6531). Raises InvalidAddress, also if a part of it cannot
    be seen.
    """
    _, local, ascii_domain = _parts(address)
    if not local.isprintable():
        raise InvalidAddress
    return f"{local}@{ascii_domain}"


def hash_address(address: str, key: bytes) -> str:
    """Return the keyed hash that identifies a mailbox in Redis keys and logs: 32 hexadecimal digits."""
    keyed = _keyed(key).copy()
    keyed.update(normalise(address).encode())
    return keyed.hexdigest()[:32]


@cache
def _keyed(key: bytes) -> hmac.HMAC:
    """Start a hash with a key, once. hmac.digest would repeat this each time, and release the GIL."""
    return hmac.new(key, digestmod=hashlib.sha256)


def _parts(text: str) -> tuple[str, str, str]:
    """Return the address as typed, its local part, and its domain in ASCII.

    Raises InvalidAddress.
    """
    address = text.strip(" \t\r\n") if text.isascii() else _AROUND.sub("", text)
    if len(address) > MAX_LENGTH or "=?" in address or not _SHAPE.fullmatch(address):
        raise InvalidAddress
    local, domain = address.split("@")
    ascii_domain, local_length = _ascii_domain(domain), len(local.encode())
    if local_length > MAX_LOCAL_LENGTH or local_length + 1 + len(ascii_domain) > MAX_LENGTH:
        raise InvalidAddress
    return address, local, ascii_domain


def _ascii_domain(domain: str) -> str:
    """Return a domain in ASCII. Company networks use underscores and single labels, so both are allowed."""
    ascii_domain = lower(domain)
    if not domain.isascii() or "xn--" in ascii_domain:
        if len(_DOTS.findall(domain)) >= MAX_LABELS or (len(domain) > MAX_UNICODE_DOMAIN and not domain.isascii()):
            raise InvalidAddress
        try:
            ascii_domain = idna.encode(domain, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise InvalidAddress from None
    if not _DOMAIN.fullmatch(ascii_domain):
        raise InvalidAddress
    return ascii_domain
