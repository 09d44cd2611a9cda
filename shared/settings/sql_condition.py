"""SQL conditions that stay one condition within the parentheses that Latchkey puts around them.

Source: PostgreSQL, "Lexical Structure"; SQLite, tokenize.c.
"""

import re

from shared.settings.database_url import Backend

_STRING = r"'(?:[^']|'')*+'"
_QUOTED_NAME = r'"(?:[^"]|"")*+"'
# Both databases take every character beyond ASCII for a letter.
_LETTER, _LETTER_OR_DIGIT = r"[A-Za-z_\x80-\U0010ffff]", r"[A-Za-z0-9_\x80-\U0010ffff]"
_WORD = rf"{_LETTER}(?:{_LETTER_OR_DIGIT}|\$)*+"
_SPACE = r"[ \t\r\n\f\v]*"
_ESCAPES = r"'(?:[^'\\]|\\.|'')*+'"
# After a line break the string goes on, and so do its escapes.
_NEXT_LINE = rf"{_SPACE}[\r\n]{_SPACE}"
_ESCAPE_STRING = rf"[eE]{_ESCAPES}(?:{_NEXT_LINE}{_ESCAPES})*+(?!{_NEXT_LINE}')"
_DOLLAR_STRING = rf"(?P<tag>\$(?:{_LETTER}{_LETTER_OR_DIGIT}*)?\$).*?(?P=tag)"
_COMMENT = r"(?P<comment>--|/\*|\*/)"
# What has no end is none of the first kinds of token, and so begins with a quote.
_TOKENS = {
    "postgresql": rf"{_ESCAPE_STRING}|{_DOLLAR_STRING}|{_STRING}|{_QUOTED_NAME}"
    rf"|(?P<placeholder>\$\d)|(?P<quote>[eE]'|['\"$])|{_WORD}|{_COMMENT}|(?P<sign>.)",
    "sqlite": rf"{_STRING}|{_QUOTED_NAME}|`(?:[^`]|``)*+`|\[[^\]]*\]"
    rf"|(?P<placeholder>[?$@:])|(?P<quote>['\"`\[])|{_WORD}|{_COMMENT}|(?P<sign>.)",
}
_COMPLAINTS = {
    "comment": "holds a comment (`--` or `/*`), which could hide the rest of the statement. Leave it out",
    "placeholder": "holds a placeholder such as `?` or `$1`. Write the value itself",
    "quote": "opens a quote that it does not close. Close it, or double a quote that is meant",
}


def checked_condition(value: str, backend: Backend) -> str:
    """Return a condition unchanged if it cannot end its parentheses, or hide what comes after them.

    The database tells whether it is right. Raises ValueError, whose text is read after the name of the setting.
    """
    depth = 0
    for token in re.finditer(_TOKENS[backend], value, re.DOTALL):
        if token.lastgroup in _COMPLAINTS:
            raise ValueError(_COMPLAINTS[token.lastgroup])
        if token["sign"] == ";":
            raise ValueError("holds `;`, which ends a statement. Write one condition")
        depth += {"(": 1, ")": -1}.get(token["sign"], 0)
        if depth < 0:
            raise ValueError("closes a parenthesis that it did not open. Remove it, or open it first")
    if depth:
        raise ValueError("opens a parenthesis that it does not close. Close it")
    return value
