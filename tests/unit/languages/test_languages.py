"""Which language a request gets, and how language tags are written."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from shared import languages
from shared.languages import LANGUAGES, direction, negotiate, tag


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH", "de"),
        ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de"),
        ("en;q=0.3, uk;q=0.7, ja;q=0.5", "uk"),
        ("DE-at", "de"),
        ("pt-PT", "pt_BR"),
        ("zh", "zh_Hans"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_Hans"),
        ("zh-SG", "zh_Hans"),
        ("zh-MY", "zh_Hans"),
        ("zh-Hans-HK", "zh_Hans"),
        ("zh-TW", "en"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", "en"),
        ("zh-HK,zh-TW;q=0.9,zh;q=0.8,ja;q=0.5", "ja"),
        ("zh-MO", "en"),
        ("zh-Hant-HK, en;q=0.5", "en"),
        ("zh-hant", "en"),
        ("zh-Hant-CN", "en"),
        ("zh-CHT", "en"),
        ("zh-TW, zh-CN;q=0.5, en;q=0.1", "zh_Hans"),
        ("hi-IN", "hi"),
        ("hi-Latn-IN,hi;q=0.9,en-IN;q=0.5", "en"),
        ("de-Latn-DE-1996", "de"),
        ("pt-evil", "pt_BR"),
        ("ja-JP-u-ca-japanese", "ja"),
        ("sv, da;q=0.9, nl;q=0.1", "nl"),
        ("sv", "en"),
        ("gsw", "en"),
        ("*", "en"),
        ("*, fr;q=0.1", "fr"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("de;q=0", "en"),
        ("de;q=0.0, *;q=0.5", "en"),
    ],
)
def test_the_best_available_language_is_chosen(accept: str, expected: str) -> None:
    assert negotiate("", accept) == expected


@pytest.mark.parametrize("accept", ["de;q=2, fr", "de;q=-1, fr", "de;q=nan, fr", "de;q=1e3, fr", ",;,=, fr"])
def test_a_language_with_an_invalid_weight_is_ignored(accept: str) -> None:
    assert negotiate("", accept) == "fr"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("it", "it"),
        ("it_CH", "it"),
        ("pt-br", "pt_BR"),
        ("PT_BR", "pt_BR"),
        ("zh_Hans", "zh_Hans"),
        ("zh-Hant", "de"),
        ("zh_tw", "de"),
        ("zh_TW.UTF-8", "de"),
        ("zh_CN.UTF-8", "zh_Hans"),
        ("pt_PT@euro", "pt_BR"),
        ("sv", "de"),
        ("", "de"),
    ],
)
def test_an_explicit_language_takes_precedence_over_the_header(wanted: str, expected: str) -> None:
    assert negotiate(wanted, "de") == expected


@pytest.mark.parametrize("wanted", ["", "sv", "../../etc", "de/../../etc", "d", "🇩🇪", "\ud800", "none", "x" * 1000])
def test_the_default_is_used_if_no_requested_language_is_available(wanted: str) -> None:
    assert negotiate(wanted, "sv;q=0.4", "ja") == "ja"


@pytest.mark.parametrize(
    ("wanted", "accept"), [("zh-TW", ""), ("", "zh-Hant-HK"), ("", "zh-HK,zh;q=0.9"), ("zh_tw", "zh")]
)
def test_who_reads_traditional_chinese_gets_no_simplified_even_by_default(wanted: str, accept: str) -> None:
    assert negotiate(wanted, accept, "zh_Hans") == "en"


@given(
    wanted=st.text() | st.sampled_from(list(LANGUAGES)), accept=st.text() | st.from_regex(r"([a-z]{2};q=[0-9.]+,?)+")
)
def test_any_request_gets_a_supported_language(wanted: str, accept: str) -> None:
    assert negotiate(wanted, accept) in LANGUAGES


def test_what_is_remembered_of_requests_is_bounded() -> None:
    for number in range(3000):
        negotiate(f"{number}" * 100, f"x{number}," * 10_000)

    remembered = languages._negotiate.cache_info()

    # The lengths of both texts are limited as well, so the cache takes about 600 kB.
    assert remembered.maxsize == 1024
    assert remembered.currsize <= 1024
    assert negotiate("de" * 100, "") == "en"
    assert negotiate("", "x," * 200 + "de") == "en"


def test_tags_are_written_as_browsers_write_them() -> None:
    assert [tag(code) for code in ("de", "pt_BR", "zh_Hans")] == ["de", "pt-BR", "zh-Hans"]


def test_arabic_alone_is_written_from_right_to_left() -> None:
    assert [code for code in LANGUAGES if direction(code) == "rtl"] == ["ar"]


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_every_language_is_known_to_babel_and_chosen_by_its_own_tag(code: str) -> None:
    assert str(Locale.parse(code)) == code
    assert negotiate(tag(code), "") == negotiate("", tag(code)) == negotiate(code, "") == code
