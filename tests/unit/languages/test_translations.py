"""The catalogues are complete and well-formed, and the compiled ones are up to date."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from shared.languages import CATALOGUES, DEFAULT, LANGUAGES
from tests.support.catalogues import KEYWORDS, SAME_AS_ENGLISH

PROJECT = Path(__file__).parents[3]
TRANSLATED = [code for code in LANGUAGES if code != DEFAULT]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@cache
def catalogue(code: str) -> Catalog:
    with (CATALOGUES / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=code)


def messages(code: str) -> list[Message]:
    return [message for message in catalogue(code) if message.id]


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def english(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


@cache
def in_the_code() -> frozenset[tuple[str, ...]]:
    """Return all texts that are marked for translation."""
    mappings = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    options = {mapping["pattern"]: {"trimmed": mapping.get("trimmed", "")} for mapping in mappings}
    found = set()
    for part in ("api", "worker", "shared"):
        for _, _, text, _, _ in extract_from_dir(PROJECT / part, methods, options, KEYWORDS):
            found.add((text,) if isinstance(text, str) else tuple(text))
    return frozenset(found)


def test_there_is_a_catalogue_for_each_language_and_no_other() -> None:
    assert sorted(path.name for path in CATALOGUES.iterdir()) == sorted(TRANSLATED)


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_has_each_text_of_the_code_and_no_other(code: str) -> None:
    assert in_the_code()
    assert {english(message) for message in messages(code)} == in_the_code()


@pytest.mark.parametrize("code", TRANSLATED)
def test_each_text_is_translated_and_none_in_doubt(code: str) -> None:
    assert [message.id for message in messages(code) if message.fuzzy or not all(texts(message))] == []
    assert [
        m.id for m in messages(code) if m.id not in SAME_AS_ENGLISH.get(code, ()) and set(texts(m)) & set(english(m))
    ] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_each_translation_has_the_placeholders_of_its_text(code: str) -> None:
    assert [(message.id, problems) for message, problems in catalogue(code).check()] == []
    for message in messages(code):
        wanted = set(PLACEHOLDER.findall(english(message)[-1]))
        for text in texts(message):
            # A singular form may leave the number out.
            assert set(PLACEHOLDER.findall(text)) | {"num"} == wanted | {"num"}, message.id
            assert text.count("%") == len(PLACEHOLDER.findall(text)), message.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_each_language_has_the_plural_forms_that_its_grammar_asks_for(code: str) -> None:
    plural = get_plural(code)

    assert (catalogue(code).num_plurals, catalogue(code).plural_expr) == (plural.num_plurals, plural.plural_expr)
    for message in messages(code):
        assert len(texts(message)) == (1 if isinstance(message.id, str) else plural.num_plurals), message.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_the_source(code: str) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalogue(code))

    assert (CATALOGUES / code / "LC_MESSAGES" / "messages.mo").read_bytes() == compiled.getvalue()


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_begins_and_ends_as_its_text_does(code: str) -> None:
    """Punctuation at the end is kept, and no white space is added."""
    # Full-width punctuation is Japanese and Chinese.
    ends = {".": ".\u3002\u0964", "?": "?\uff1f\u061f", ":": ":\uff1a", "!": "!\uff01"}
    for message in messages(code):
        last = english(message)[-1][-1]
        for text in texts(message):
            assert text == text.strip(), message.id
            if last in ends:
                assert text[-1] in ends[last], (message.id, text)


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_line_may_end_after_a_single_letter(code: str) -> None:
    """`E-Mail`, `e-posta`: their hyphen is U+2011, at which no line is broken (UAX 14, class GL)."""
    breaking = re.compile(r"(?<![\w-])\w-(?=\w)")

    assert [text for message in messages(code) for text in texts(message) if breaking.search(text)] == []


def test_every_language_is_named_by_its_own_name() -> None:
    def own_name(code: str) -> Iterator[str]:
        yield Locale.parse(code).get_display_name() or ""

    for code, name in LANGUAGES.items():
        assert name.split(" ")[0].lower() in next(own_name(code)).lower() or code == "zh_Hans", code
