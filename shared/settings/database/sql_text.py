"""Pieces of SQL that operators write: a condition, assignments, and statements, each of which stays what it is.

Source: PostgreSQL, "Lexical Structure"; SQLite, tokenize.c; MySQL, "Language Structure".
"""

import re
from collections.abc import Iterator

from shared.settings.database.address import Backend

_STRING = r"'(?:[^']|'')*+'"
_QUOTED_NAME = r'"(?:[^"]|"")*+"'
# The databases take every character beyond ASCII for a letter.
_LETTER, _LETTER_OR_DIGIT = r"[A-Za-z_\x80-\U0010ffff]", r"[A-Za-z0-9_\x80-\U0010ffff]"
_WORD = rf"{_LETTER}(?:{_LETTER_OR_DIGIT}|\$)*+"
_SPACE = r"[ \t\r\n\f\v]*"
_ESCAPES = r"'(?:[^'\\]|\\.|'')*+'"
# After a line break the string goes on, and so do its escapes.
_NEXT_LINE = rf"{_SPACE}[\r\n]{_SPACE}"
_ESCAPE_STRING = rf"[eE]{_ESCAPES}(?:{_NEXT_LINE}{_ESCAPES})*+(?!{_NEXT_LINE}')"
_DOLLAR_STRING = rf"(?P<tag>\$(?:{_LETTER}{_LETTER_OR_DIGIT}*)?\$).*?(?P=tag)"
_COMMENT = r"(?P<comment>--|/\*|\*/)"
_VALUE = r"(?P<value>(?<!:):(?:id|email|now|random)\b)"
# What has no end is none of the first kinds of token, and so begins with a quote.
_TOKENS = {
    "postgresql": rf"{_ESCAPE_STRING}|{_DOLLAR_STRING}|{_STRING}|{_QUOTED_NAME}|{_VALUE}"
    rf"|(?P<placeholder>\$\d)|(?P<quote>[eE]'|['\"$])|{_WORD}|{_COMMENT}|(?P<sign>.)",
    "sqlite": rf"{_STRING}|{_QUOTED_NAME}|`(?:[^`]|``)*+`|\[[^\]]*\]|{_VALUE}"
    rf"|(?P<placeholder>[?$@:])|(?P<quote>['\"`\[])|{_WORD}|{_COMMENT}|(?P<sign>.)",
    "mysql": rf"{_ESCAPES}|\"(?:[^\"\\]|\\.|\"\")*+\"|`(?:[^`]|``)*+`|{_VALUE}"
    rf"|(?P<placeholder>[?])|(?P<quote>['\"`])|{_WORD}|(?P<comment>--|#|/\*|\*/)|(?P<sign>.)",
}
_COMPLAINTS = {
    "comment": "holds a comment (`--` or `/*`), which could hide the rest of the statement. Leave it out",
    "placeholder": "holds a placeholder such as `?` or `$1`. Write the value itself",
    "value": "holds a placeholder such as `?` or `$1`. Write the value itself",
    "quote": "opens a quote that it does not close. Close it, or double a quote that is meant",
}
# Others may commit on the way, such as those that change tables or settings.
_CHANGES = re.compile(r"(select|insert|update|delete|replace|merge|with|call)\b", re.IGNORECASE)
_ASSIGNMENT = re.compile(rf"\s*([\"`\[]?)({_WORD})[\"`\]]?\s*=(.+)", re.DOTALL)


def checked_condition(value: str, backend: Backend) -> str:
    """Return a condition unchanged if it cannot end its parentheses, or hide what comes after them.

    The database tells whether it is right. Raises ValueError, whose text is read after the name of the setting.
    """
    for token in _checked(value, backend):
        if token.lastgroup == "value":
            raise ValueError(_COMPLAINTS["value"])
        if token["sign"] == ";":
            raise ValueError("holds `;`, which ends a statement. Write one condition")
    return value


def assignments(value: str, backend: Backend) -> dict[str, str]:
    """Return the expression for each column of `column = expression, ...`, as SQLAlchemy's text() takes it.

    Raises ValueError, whose text is read after the name of the setting.
    """
    found: dict[str, str] = {}
    for part in _parts(value, backend, ","):
        match = _ASSIGNMENT.fullmatch(part)
        if not match:
            raise ValueError("is not of the form `column = expression, column = expression`")
        found[match[2]] = match[3].strip()
    if not found:
        raise ValueError("is not of the form `column = expression, column = expression`")
    return found


def statements(value: str, backend: Backend) -> list[str]:
    """Return the statements that `;` separates, as SQLAlchemy's text() takes them.

    Raises ValueError, whose text is read after the name of the setting.
    """
    found = [part.strip() for part in _parts(value, backend, ";") if part.strip()]
    if any(not _CHANGES.match(part) for part in found):
        raise ValueError("has a statement that is not a SELECT, INSERT, UPDATE, DELETE, REPLACE, MERGE, WITH or CALL")
    if any(not re.search(r"(?<!\\):(id|email)\b", part) for part in found):
        raise ValueError("has a statement without `:id` and `:email`, which would concern all users")
    return found


def _parts(value: str, backend: Backend, separator: str) -> Iterator[str]:
    """Split SQL at a sign outside of parentheses and quotes. Colons are escaped, except those of our values."""
    part, depth = "", 0
    for token in _checked(value, backend):
        depth += {"(": 1, ")": -1}.get(token["sign"] or "", 0)
        if token["sign"] == separator and depth == 0:
            yield part
            part = ""
        elif token["sign"] == ";":
            raise ValueError("holds `;`, which ends a statement. Leave it out")
        else:
            part += token[0] if token.lastgroup == "value" else token[0].replace(":", r"\:")
    yield part


def _checked(value: str, backend: Backend) -> Iterator[re.Match[str]]:
    depth = 0
    for token in re.finditer(_TOKENS[backend], value, re.DOTALL):
        if token.lastgroup in _COMPLAINTS and token.lastgroup != "value":
            raise ValueError(_COMPLAINTS[token.lastgroup])
        depth += {"(": 1, ")": -1}.get(token["sign"] or "", 0)
        if depth < 0:
            raise ValueError("closes a parenthesis that it did not open. Remove it, or open it first")
        yield token
    if depth:
        raise ValueError("opens a parenthesis that it does not close. Close it")
