"""The password policy as callers see it: the answers, the document, and that the two agree."""

import pytest

from api.reset.policy_view import REASONS
from tests.conftest import MakeService
from tests.support.hashes import encode
from tests.support.service import NEW_PASSWORD, OLD_PASSWORD, Service


@pytest.mark.parametrize(
    ("password", "reasons"),
    [
        ("short", ["too_short"]),
        ("x" * 73, ["too_long"]),
        (NEW_PASSWORD + "\x00", ["contains_nul"]),
        ("passwordpassword", ["too_common"]),
        ("anna.jones@example.com1", ["like_address"]),
        ("latchkeylatchkey", ["too_common", "like_product"]),
        (OLD_PASSWORD, ["same_as_old"]),
    ],
)
def test_a_refused_password_leaves_the_link_and_the_hash_unchanged(
    service: Service, password: str, reasons: list[str]
) -> None:
    stored = service.add_user("anna.jones@example.com")
    token = service.link_for("anna.jones@example.com")

    refused = service.reset(token, password)

    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (422, "weak_password")
    assert refused.json["reasons"] == reasons
    assert service.stored_hash("anna.jones@example.com") == stored
    assert service.reset(token).status_code == 200


def test_the_old_password_is_recognised_under_an_older_prefix(make_service: MakeService) -> None:
    service = make_service(USERS_HASH_FORMAT="bcrypt-2y")
    service.add_user("anna@example.com")
    old = encode(OLD_PASSWORD, "bcrypt").replace("$2b$", "$2a$")
    service.sql("UPDATE users SET password_hash = :old", old=old)
    token = service.link_for("anna@example.com")

    assert service.reset(token, OLD_PASSWORD).status_code == 422
    assert service.reset(token).status_code == 200


@pytest.mark.parametrize(
    ("settings", "lengths", "rules"),
    [
        ({}, (15, 72, "bytes"), "minlength: 15; maxlength: 72;"),
        (
            {"USERS_HASH_FORMAT": "django-bcrypt-sha256", "PASSWORD_MIN_LENGTH": "20"},
            (20, 256, "characters"),
            "minlength: 20; maxlength: 256;",
        ),
    ],
)
def test_everybody_can_read_the_policy(
    make_service: MakeService, settings: dict[str, str], lengths: tuple[int, int, str], rules: str
) -> None:
    service = make_service(**settings)

    answer = service.client.get("/password-policy")

    assert answer.json is not None
    assert answer.status_code == 200
    assert (answer.json["min_length"], answer.json["max_length"], answer.json["max_length_unit"]) == lengths
    assert answer.json["passwordrules"] == rules
    assert answer.json["breach_check"] is False
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_policy_says_whether_leaked_passwords_are_looked_up(make_service: MakeService) -> None:
    answer = make_service(BREACH_CHECK="open").client.get("/password-policy")

    assert answer.json is not None
    assert answer.json["breach_check"] is True


def test_the_policy_reveals_no_setting_and_no_user(service: Service) -> None:
    text = service.client.get("/password-policy").get_data(as_text=True)
    hidden = [value for value in service.environ.values() if len(value) > 5]

    assert [value for value in (*hidden, "bcrypt", "http") if value in text] == []


def test_policy_schema_and_answers_name_the_same_reasons(service: Service) -> None:
    policy = service.client.get("/password-policy").json
    document = service.client.get("/openapi.json").json

    assert policy is not None
    assert document is not None
    schemas = document["components"]["schemas"]
    assert {item["code"]: item["text"] for item in policy["reasons"]} == REASONS
    assert schemas["ReasonText"]["properties"]["code"]["enum"] == list(REASONS)
    assert schemas["WeakPasswordProblem"]["properties"]["reasons"]["items"]["enum"] == list(REASONS)
    assert "/password-policy" in document["paths"]
