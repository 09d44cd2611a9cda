"""Read settings from environment variables, and say in sentences what is wrong with them."""

import os
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.settings.service_links import service_links
from shared.words import printable

# A variable counts as a misspelt setting if its name is at least this similar to a setting's (1: equal), and at least
# this long. PORTS, LOGNAME and the other program's settings are not that similar; BRAND_COLOUR and REDIS_URI are.
MIN_LIKENESS = 0.88
MIN_LENGTH = 7


class SettingsError(SystemExit):
    """Everything that is wrong with the settings: a sentence with a hint for each problem.

    This is a SystemExit, so that a program that does not catch it prints it and ends with status 1.
    """

    def __init__(self, problems: list[str]) -> None:
        # Names of variables, and words of the operator's templates, may hold anything.
        self.problems = problems = list(map(printable, problems))
        count = "1 setting needs" if len(problems) == 1 else f"{len(problems)} settings need"
        lines = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"Latchkey cannot start: {count} your attention.{lines}")


class FromEnvironment(BaseModel):
    """Settings that can be read from environment variables."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    prefixes: ClassVar[tuple[str, ...]] = ()
    """The beginnings of names that are these settings or mistakes, `others` aside."""
    others: ClassVar[tuple[str, ...]] = ()
    """Settings of other programs whose names begin like that."""

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from environment variables, or a secret from the file that NAME_FILE names.

        Raises SettingsError, which lists every problem at once.
        """
        values, problems = read(cls, os.environ if environ is None else environ)
        try:
            settings = cls.model_validate({name: value for name, value in values.items() if name not in problems})
        except ValidationError as error:
            problems = validation_problems(cls, error) | problems
        if problems:
            raise SettingsError([problems[name] for name in sorted(problems)])
        return settings


def known_names(cls: type[BaseModel]) -> set[str]:
    """Return the names of the environment variables that are settings."""
    return {name.upper() for name in cls.model_fields} | {f"{name}_FILE" for name in secret_names(cls)}


def secret_names(cls: type[BaseModel]) -> set[str]:
    """Return the names of settings that are secrets, which may also be given as NAME_FILE."""
    return {name.upper() for name, field in cls.model_fields.items() if "SecretStr" in repr(field.annotation)}


def read(cls: type[BaseModel], environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values that are set, and the problems by field; an empty variable counts as not set."""
    links = service_links(environ)
    environ = {name: value for name, value in environ.items() if name not in links}
    values = {name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper())}
    problems = _misspelt(cls, environ)
    for name in secret_names(cls):
        field, path = name.lower(), environ.get(f"{name}_FILE")
        if path and field in values:
            problems[field] = f"{name} and {name}_FILE are both set. Keep one of them."
        elif path:
            try:
                values[field] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, ValueError):  # ValueError if it is not text, or not a path.
                problems[field] = f"{name}_FILE names a file that cannot be read. Check its path and permissions."
    # Python reads bytes that are not UTF-8 as surrogates, which cannot be written anywhere later.
    undecoded = [field for field, value in values.items() if re.search(r"[\ud800-\udfff]", value)]
    return values, {field: f"{field.upper()} is not text in UTF-8." for field in undecoded} | problems


def _misspelt(cls: type[BaseModel], environ: Mapping[str, str]) -> dict[str, str]:
    """Find misspelt names of settings: a misspelt USERS_FILTER would let everybody in."""
    known = known_names(cls)
    users = [name for name in known if name.startswith("USERS_")]
    problems = {}
    for name in environ.keys() - known:
        ours = users and name.startswith("USERS_")
        # A setting that is present, even if empty, cannot be the one that was misspelt.
        absent = known - environ.keys()
        prefixed = next((each for each in users if each in absent and name.upper().endswith(f"_{each}")), "")
        meant = nearest(name, users, 0) if ours else prefixed or nearest(name, absent)
        if meant:
            others = "" if ours else f" If {name} is another program's, set {meant} as well, empty for its default."
            problems[name.lower()] = f"{name} is not a setting. Did you mean {meant}?{others}"
    return problems


def nearest(name: str, known: Iterable[str], alike: float = MIN_LIKENESS) -> str:
    """Return the known name that was most likely meant, or an empty string; short names resemble too many others."""
    found = get_close_matches(name.upper(), sorted(known), 1, alike) if len(name) >= MIN_LENGTH else []
    return found[0] if found else ""


def validation_problems(cls: type[BaseModel], error: ValidationError) -> dict[str, str]:
    """Return a sentence and a hint for each validation error, without the value, which may be a secret."""
    sentences = {}
    for item in error.errors(include_input=False, include_url=False):
        name = str(item["loc"][0])
        hint = cls.model_fields[name].description
        problem = {"missing": "is missing", "value_error": str(item.get("ctx", {}).get("error"))}.get(item["type"])
        sentences[name] = f"{name.upper()} {problem or 'is wrong'}. {hint}"
    return sentences
