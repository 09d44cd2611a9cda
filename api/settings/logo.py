"""The logo: a web address, or a picture file whose type is read from its content."""

from pathlib import Path
from xml.etree.ElementTree import ParseError, fromstring

from shared.settings.web_address import web_address

MAX_SIZE = 100 * 1024  # Bytes.
_SVG = "{http://www.w3.org/2000/svg}svg"
_FIRST_BYTES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def checked_logo(value: str) -> str:
    """Return the setting LOGO unchanged if it is valid.

    Raises ValueError, whose text is read after the name of the setting.
    """
    if "://" in value:
        return web_address(value)
    if value:
        read_picture(value)
    return value


def read_picture(file: str) -> tuple[bytes, str]:
    """Return a picture and its media type, whatever the extension of its name.

    Raises ValueError, which says what is wrong.
    """
    try:
        content = _content(Path(file))
    except (OSError, ValueError):  # ValueError if no file can have this name.
        raise ValueError("is neither an https address nor a file that can be read") from None
    if len(content) > MAX_SIZE:
        raise ValueError(f"is larger than {MAX_SIZE // 1024} kB")
    return content, _kind(content)


def _content(file: Path) -> bytes:
    if not file.is_file():  # Reading a pipe or a device may never end.
        raise FileNotFoundError
    with file.open("rb") as opened:
        return opened.read(MAX_SIZE + 1)


def _kind(content: bytes) -> str:
    for first, kind in _FIRST_BYTES.items():
        if content.startswith(first):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    # Scripts in an SVG never run: pages show it as an image, and opened directly it has a policy that forbids them.
    try:
        tag = fromstring(content).tag  # noqa: S314 - the operator's own file, and no longer than MAX_SIZE
    except (ParseError, ValueError, LookupError) as error:  # The last two if its encoding is wrong.
        why = f" ({error})" if content.lstrip()[:1] == b"<" else ""
        raise ValueError(f"is not an SVG, PNG, JPEG or WebP picture{why}") from None
    if tag != _SVG:
        raise ValueError('is not an SVG, PNG, JPEG or WebP picture (an SVG has xmlns="http://www.w3.org/2000/svg")')
    return "image/svg+xml"
