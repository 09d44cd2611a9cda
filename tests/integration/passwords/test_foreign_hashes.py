"""What is written over a stored hash: one of the same format, and nothing over what is not understood."""

from typing import Any

import pytest

from shared.settings.hashes import HashFormatName
from tests.conftest import MakeService
from tests.integration.probes.users_tables import probed
from tests.support.hashes import SECRET, encode, is_hash_of
from tests.support.metrics import BEARER, TOKEN
from tests.support.outbox import unfinished
from tests.support.service import NEW_PASSWORD, OLD_PASSWORD, Service

ANNA = "anna@example.com"
BODY = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
NOT_UNDERSTOOD = {
    "$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA": "argon2, but not argon2id",
    "{MD5}5f4dcc3b5aa765d61d8327deb882cf99": "Spring's, of an encoder that Latchkey does not write",
    f"$2b$12${BODY}x": "crypt",
    "$6$salt$" + "a" * 86: "SHA-512 crypt",
    "$P$B" + "a" * 30: "phpass",
    "pbkdf2_sha1$1000000$5Zd0Wp2ezhVh6LMr7yFmtJ$aGFzaA=": "Django's, of a format that Latchkey does not write",
    "5f4dcc3b5aa765d61d8327deb882cf99": "of no known hash",
    "a password in plain text": "of no known hash",
}
FIVE: tuple[HashFormatName, ...] = ("django-pbkdf2", "argon2id", "werkzeug-scrypt", "bcrypt-2y", "spring")


def add(service: Service, stored: str, mail: str = ANNA) -> None:
    service.sql("INSERT INTO users (email, password_hash) VALUES (:mail, :stored)", mail=mail, stored=stored)


def told(service: Service) -> dict[str, Any]:
    """Return the only log line about an impossible reset."""
    (line,) = service.events("reset_impossible")
    return line


def refusals(service: Service) -> str:
    """Return the metric."""
    metrics = service.client.get("/metrics", headers=BEARER).get_data(as_text=True)
    return next(line for line in metrics.splitlines() if 'resets_refused_total{reason="format"}' in line)


@pytest.mark.parametrize(("stored", "shape"), NOT_UNDERSTOOD.items(), ids=NOT_UNDERSTOOD.values())
@pytest.mark.parametrize("name", ["auto", "bcrypt"])
def test_what_is_not_understood_is_kept_and_told(make_service: MakeService, name: str, stored: str, shape: str) -> None:
    service = make_service(METRICS_TOKEN=TOKEN, USERS_HASH_FORMAT=name)
    add(service, stored)
    token = service.link_for(ANNA)

    assert service.reset(token).status_code == 503

    assert service.stored_hash(ANNA) == stored
    assert service.check(token).status_code == 200
    line = told(service)
    assert (line["level"], line["error"]) == ("error", "HashOfAnotherFormat")
    assert f"has the shape {shape}." in line["hint"]
    assert ("USERS_HASH_FORMAT=bcrypt writes bcrypt $2b$" in line["hint"]) == (name == "bcrypt")
    assert stored not in service.logs.getvalue()
    assert refusals(service).endswith(" 1.0")
    service.work()
    assert (len(service.relay.mails), unfinished(service.redis)) == (1, 0)


def test_each_new_hash_is_in_the_format_of_the_old_one(make_service: MakeService) -> None:
    service = make_service()
    for name in FIVE:
        add(service, encode(OLD_PASSWORD, name), f"{name}@example.com")

    outcomes = [service.reset(service.link_for(f"{name}@example.com")).status_code for name in FIVE]

    assert outcomes == [200] * 5
    for name in FIVE:
        stored = service.stored_hash(f"{name}@example.com")
        assert is_hash_of(stored, NEW_PASSWORD)
        assert stored[:6] == encode("another", name)[:6]


def test_with_a_wrong_format_no_hash_is_touched(make_service: MakeService) -> None:
    service = make_service(USERS_HASH_FORMAT="better-auth")
    hashes = {f"{name}@example.com": encode(OLD_PASSWORD, name) for name in FIVE}
    for address, stored in hashes.items():
        add(service, stored, address)

    outcomes = [service.reset(service.link_for(address)).status_code for address in hashes]

    assert outcomes == [503] * 5
    assert {address: service.stored_hash(address) for address in hashes} == hashes
    assert len({line["hint"] for line in service.events("reset_impossible")}) == 5


def test_the_operator_may_let_one_format_replace_all_others(make_service: MakeService) -> None:
    service = make_service(USERS_HASH_FORMAT="argon2id", USERS_HASH_REPLACE="true")
    add(service, "5f4dcc3b5aa765d61d8327deb882cf99")

    assert service.reset(service.link_for(ANNA)).status_code == 200

    assert service.stored_hash(ANNA).startswith("$argon2id$")
    (line,) = service.events("hash_replaced")
    assert (line["old"], line["new"]) == ("of no known hash", "argon2id")


@pytest.mark.parametrize("name", ["flask-security", "devise"])
def test_a_secret_of_the_application_is_part_of_the_hash(make_service: MakeService, name: HashFormatName) -> None:
    service = make_service(USERS_HASH_FORMAT=name, USERS_HASH_SECRET=SECRET)
    add(service, encode(OLD_PASSWORD, name))
    token = service.link_for(ANNA)

    assert service.reset(token, OLD_PASSWORD).status_code == 422
    assert service.reset(token).status_code == 200
    assert not is_hash_of(service.stored_hash(ANNA), NEW_PASSWORD)
    assert SECRET not in service.logs.getvalue()


def test_a_first_password_is_hashed_as_most_others_are(make_service: MakeService) -> None:
    service = make_service(USERS_WITHOUT_PASSWORD="set")
    stored = [encode(OLD_PASSWORD, "django-pbkdf2"), encode(OLD_PASSWORD), encode(OLD_PASSWORD, "django-pbkdf2")]
    for number, each in enumerate(stored):
        add(service, each, f"{number}@example.com")
    service.sql("INSERT INTO users (email) VALUES (:mail)", mail=ANNA)

    assert service.reset(service.link_for(ANNA)).status_code == 200

    assert service.stored_hash(ANNA).startswith("pbkdf2_sha256$1000000$")


@pytest.mark.parametrize(
    "others",
    [
        ["5f4dcc3b5aa765d61d8327deb882cf99"] * 3 + [f"$2b$12${BODY}"],
        ["!" + "aB3" * 13 + "x"] * 3,
    ],
    ids=["mostly unknown", "marks alone"],
)
def test_a_first_password_is_not_guessed_at(make_service: MakeService, others: list[str]) -> None:
    service = make_service(USERS_WITHOUT_PASSWORD="set")
    for number, stored in enumerate(others):
        add(service, stored, f"{number}@example.com")
    service.sql("INSERT INTO users (email) VALUES (:mail)", mail=ANNA)

    assert service.reset(service.link_for(ANNA)).status_code == 503

    assert service.sql("SELECT password_hash FROM users WHERE email = :mail", mail=ANNA) == [(None,)]
    assert "Name your application's format in USERS_HASH_FORMAT" in told(service)["hint"]


def test_a_hash_with_absurd_parameters_is_the_operators_fault(make_service: MakeService) -> None:
    service = make_service()
    add(service, f"$2b$31${BODY}")
    token = service.link_for(ANNA)

    assert service.reset(token).status_code == 503

    assert "parameters that take many seconds" in told(service)["hint"]
    assert service.check(token).status_code == 200


def test_the_first_password_of_a_new_table_is_hashed_with_bcrypt(make_service: MakeService) -> None:
    service = make_service(USERS_WITHOUT_PASSWORD="set")
    service.sql("INSERT INTO users (email) VALUES (:mail)", mail=ANNA)

    assert service.reset(service.link_for(ANNA)).status_code == 200

    assert service.stored_hash(ANNA).startswith("$2b$")


def test_a_table_of_which_no_hash_may_be_replaced_is_told_before_anybody_asks(make_service: MakeService) -> None:
    service = make_service(USERS_HASH_FORMAT="bcrypt-2y")
    for number in range(3):
        add(service, encode(OLD_PASSWORD, "spring"), f"{number}@example.com")

    status, told_ = probed(service)

    assert status == "degraded"
    assert "None of 3 password hashes" in told_["hash_format"]
    assert "Spring's" in told_["hash_format"]


def test_a_table_of_which_some_hashes_may_be_replaced_is_only_warned_of(make_service: MakeService) -> None:
    service = make_service()
    add(service, encode(OLD_PASSWORD, "spring"), "0@example.com")
    add(service, "5f4dcc3b5aa765d61d8327deb882cf99", "1@example.com")

    _, told_ = probed(service)

    assert "hash_format" not in told_
    assert "1 of 2 password hashes" in told_["other_hashes"]
