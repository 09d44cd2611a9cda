"""Which passwords are refused, and for which reasons."""

import random
import string
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.passwords.personal_words import without, words_of_address
from api.passwords.policy import PasswordPolicy, Reason, WeakPassword
from shared.settings.hashes import HashFormatName
from tests.support.hashes import formats

PASSWORD = "correct horse — batterie d'agrafes"
ADDRESS = "anna.smith@example.com"
LONG = "Many words and then some more, as many as hardly anybody could keep in mind"[:72]
POLICIES = {length: PasswordPolicy(length, 72, "bytes", "Latchkey demo") for length in (8, 12, 15)}


def reasons(password: str, min_length: int = 15, address: str = ADDRESS) -> list[Reason]:
    try:
        POLICIES[min_length].check(password, address)
    except WeakPassword as error:
        return error.reasons
    return []


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "kqzvtmwxjrbnpyd",
        "window purple seven cactus jazz",
        "I like to eat cheese on Mondays.",
        "私のパスワードはとても長いです今日",
        "كلمة السر الخاصة بي طويلة",
        "мой пароль длиннее твоего",
        "🔑🚲🌻🎻🐌🧀🛶🪐🦔🍋🎈🧭🌵🥁🪁",
        "       k q z v t m w x       ",
        "корова ест сено утром",
        "απόψε θα φάμε ψάρι",
        "كَلِمَةُ السِّرِّ طَوِيلَةٌ",
        "मेरा पासवर्ड बहुत लंबा है",
        "รหัสผ่านของฉันยาวมาก",
        "비밀번호는 아주 길어야 합니다",
        "שָׁלוֹם לְכֻלָּם הַיּוֹם",
        "mật khẩu của tôi rất dài",
        "می\u200cخواهم رمز بلندی بسازم",
        "আমার গোপন শব্দটি দীর্ঘ",
        "၀ါကျရှည်တစ်ခုဖြစ်သည်",
        "\uff76\uff9e\uff97\uff7dのうさぎがはねるよるに",
        "👨\u200d👩\u200d👧🔑🚲🌻🎻🐌🧀🛶🪐🦔🍋🎈🧭",
        "❤\ufe0f🔥🌈🚀🐙🍕🎸🦉\u200d🍩🪁🥑🧩🛸🐌🧀",
        "xK9$mQ2!vR7&pL4",
        "4@8({[<3691!|70$5+%2",
    ],
)
def test_a_password_that_nobody_guesses_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert reasons(password) == []


def test_fifteen_random_letters_are_accepted() -> None:
    chance = random.Random(15)  # noqa: S311 - the same ones each time

    made = ["".join(chance.choices(string.ascii_lowercase, k=15)) for _ in range(200)]

    assert [password for password in made if reasons(password)] == []


@pytest.mark.parametrize("password", ["", "kqzvtmwxjrbnpy", "🔑" * 14, "ä" * 14])
def test_a_password_is_too_short_by_its_characters_and_not_by_its_bytes(password: str) -> None:
    assert reasons(password) == ["too_short"]


def test_where_bcrypt_reads_72_bytes_a_longer_password_is_refused_and_not_cut() -> None:
    assert reasons(LONG) == []
    assert reasons(LONG + "!") == ["too_long"]
    assert reasons(LONG[:-1] + "ä") == ["too_long"]


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        *[("auto", 72), ("bcrypt", 72), ("devise", 72), ("spring", 72), ("better-auth", 128)],
        *[("django-bcrypt-sha256", 256), ("flask-security", 256), ("argon2id", 256), ("wordpress", 256)],
    ],
)
def test_the_format_limits_the_length(name: HashFormatName, longest: int) -> None:
    limits = formats(name).narrowest
    policy = PasswordPolicy(15, limits.max_length, limits.max_length_unit)
    whole = (LONG * 4)[:longest]

    policy.check(whole, ADDRESS)
    with pytest.raises(WeakPassword, match="too_long"):
        policy.check(whole + "!", ADDRESS)


def test_a_nul_is_refused() -> None:
    assert reasons(PASSWORD + "\x00") == ["contains_nul"]


def test_every_reason_against_storing_it_is_given_at_once() -> None:
    assert reasons("\x00") == ["too_short", "contains_nul"]
    assert reasons("\x00" * 73) == ["too_long", "contains_nul"]


def test_a_password_does_not_show_in_its_refusal() -> None:
    with pytest.raises(WeakPassword) as caught:
        POLICIES[15].check("hunter2", ADDRESS)

    assert "hunter2" not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password123456!",
        "P@ssw0rd12345678",
        "123456789012345",
        "qwertyuiop12345",
        "1qaz2wsx3edc4rfv",
        "!@#$%^&*()!@#$%^&*()",
        "abcdefghijklmnop",
        "aaaaaaaaaaaaaaa",
        "               ",
        "ééééééééééééééé",
        "letmeinletmein1",
        "manchesterunited",
        "iloveyouforever1",
        "1passwordpasswordpassword",
        "password1234password1234!",
        "a b c d e f g h i",
        "1.2.3.4.5.6.7.8.9",
        "p a s s w o r d 1 2",
        "a1b2c3d4e5f6g7h8",
        "aBcDeFgHiJkLmNoPqRsT",
    ],
)
def test_a_password_that_is_guessed_soon_is_too_common(password: str) -> None:
    assert reasons(password) == ["too_common"]


@pytest.mark.parametrize("password", ["bigracebooster01", "Mailcreated5240", "mAILCREATED5240"])
def test_a_password_that_leaked_often_is_too_common_though_nothing_shows_in_it(password: str) -> None:
    assert reasons(password) == ["too_common"]


@pytest.mark.parametrize(
    "password",
    [
        "bigrace\u200bbooster\u00ad01",
        "\uff42\uff49\uff47racebooster01",
        "b\u0301ig\u0308racebooster01",
        "big\u200bracebooster\u0660\u0661",
        "b\u0456gr\u0430c\u0435b\u043e\u043est\u0435r01",
        "p\u0430ssw\u043erdp\u0430ssw\u043erd",
        "\U0001d429\U0001d41a\U0001d42c\U0001d42cwordpassword",
        "qw\u200be\u200br\u200bt\u200byuiop12345",
        "aaaaaaa\u0430\u0430\u0430\u0430\u0430\u0430\u0430\u0430",
        "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660\u0661\u0662\u0663\u0664\u0665",
    ],
    ids=ascii,
)
def test_a_common_password_in_other_clothes_is_too_common(password: str) -> None:
    assert reasons(password) == ["too_common"]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("an\u200bnas\u200bmith\u00ad2024!!!", "like_address"),
        ("\u0430nn\u0430.sm\u0456th, 1987!!", "like_address"),
        ("l\u0430t\u0441hk\u0435yl\u0430t\u0441hk\u0435y", "like_product"),
        ("La\u0301\u0323tchke\u200dy--2024--!", "like_product"),
    ],
    ids=ascii,
)
def test_the_words_of_a_person_are_found_in_other_clothes(password: str, reason: Reason) -> None:
    assert reason in reasons(password)


def test_the_words_of_an_address_in_another_script_are_found() -> None:
    assert reasons("петрова2024!!!!!!", address="петрова@пример.рф") == ["like_address"]
    assert reasons("п\u200bетровa2024!!!!!", address="петрова@пример.рф") == ["like_address"]


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "\u0301", "\ufe0f", "\U000e0041", "\x01", "\u2800"], ids=ascii)
def test_what_nobody_sees_does_not_make_a_password_longer(hidden: str) -> None:
    assert reasons("kqzvtm" + hidden * 9) == ["too_short"]


def test_with_eight_characters_random_ones_are_taken_and_words_are_not() -> None:
    assert reasons("w7#Kq2pZ", min_length=8) == []
    assert reasons("baseball", min_length=8) == ["too_common"]
    assert reasons("trustno1", min_length=8) == ["too_common"]


@pytest.mark.parametrize(
    "password",
    [
        "anna.smith@example.com",
        "anna.smith@example.com1",
        "Anna.Smith@Example.COM",
        "annasmith2024!!",
        "4nn4.5m1th@3x4mpl3",
        "moc.elpmaxe@htims.anna",
        "smithannasmith99",
        "example.com-2024!",
        "passwordannasmith",
        "Anna Smith, 1987!",
        "ÁNNASMITH20242024",
        "\uff41\uff4e\uff4e\uff41\uff53\uff4d\uff49\uff54\uff48example",  # Full-width, like Chinese characters.
    ],
)
def test_a_password_that_is_little_more_than_the_address_is_refused(password: str) -> None:
    assert "like_address" in reasons(password)


@pytest.mark.parametrize(
    "address", ["x@xn--mller-kva.example", "x@müller.example", "mu\u0308ller@example.com"], ids=ascii
)
def test_the_address_counts_in_whatever_form_it_is_stored(address: str) -> None:
    assert reasons("müllermüller2024!", address=address) == ["like_address"]
    assert reasons("mu\u0308llermu\u0308ller2024!", address=address) == ["like_address"]
    assert reasons("passwordpasswordu\u0308", address=address) == ["too_common"]


@pytest.mark.parametrize(
    "password",
    [
        "latchkeylatchkey",
        "Latchkey Demo 1",
        "latchkey-2024-demo",
        "Latchkey--2024--!",
        "L4tchk3y!L4tchk3y!",
        "MyLatchkeyPassword1",
    ],
)
def test_a_password_that_is_little_more_than_the_name_of_the_product_is_refused(password: str) -> None:
    assert "like_product" in reasons(password)


@pytest.mark.parametrize(
    ("password", "address", "expected"),
    [
        # The product is named "Latchkey demo": a word of its name may be one of the address as well.
        ("latchkeydemolatchkey", "demo@example.com", ["like_product"]),
        ("demo latchkey demo 1", "demo@example.com", ["like_product"]),
        ("latchkeydemo-demo-12", "demo@example.com", ["like_product"]),
        ("yekhctal omed 2024!!", "demo@example.com", ["like_product"]),
        ("demo@example.com", "demo@example.com", ["like_address"]),
        ("demo@example.com demo", "demo@example.com", ["like_address"]),
        ("latchkey@demo.example", "latchkey@demo.example", ["like_address"]),
        # Words of both, of which one alone makes it easy, or either.
        ("annalatchkeyzebra1", ADDRESS, ["like_product"]),
        ("annazebra latchkey!", ADDRESS, ["like_product"]),
        ("anna.latchkey.smith", ADDRESS, ["like_address", "like_product"]),
        ("example.com latchkey", "demo@example.com", ["like_address", "like_product"]),
        # Easy for everybody, with such words by the way or as most of it.
        ("passwordannapassword", ADDRESS, ["too_common"]),
        ("passwordlatchkeypassword", ADDRESS, ["too_common"]),
        ("annalatchkeylatchkey", ADDRESS, ["too_common", "like_product"]),
        ("passwordannasmith", ADDRESS, ["too_common", "like_address"]),
        ("demodemodemodemo", "demo@example.com", ["too_common", "like_address", "like_product"]),
    ],
)
def test_only_the_reasons_that_apply_are_given(password: str, address: str, expected: list[Reason]) -> None:
    assert reasons(password, address=address) == expected


@pytest.mark.parametrize("password", ["anna likes green tea", "kqzvtmwxjrb-anna", "latchkey on a green door"])
def test_a_password_may_hold_those_words_beside_others(password: str) -> None:
    assert reasons(password) == []


def test_parts_of_an_address_that_stand_in_many_words_do_not_count() -> None:
    text = "an answer and an anchor"

    assert without(text, words_of_address("an@an.example.com")) == text


@given(password=st.text(min_size=0, max_size=80), address=st.text(max_size=60))
def test_no_password_and_no_address_is_too_strange_to_judge(password: str, address: str) -> None:
    assert set(reasons(password, address=address)) <= set(get_args(Reason))
