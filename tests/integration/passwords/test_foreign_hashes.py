"""A hash of another format than USERS_HASH_FORMAT is never overwritten: the application could read neither."""

from typing import get_args

import pytest

from api.passwords.hashing import encode
from shared.settings.settings import HashFormat
from tests.conftest import MakeService
from tests.support.metrics import BEARER, TOKEN
from tests.support.outbox import unfinished
from tests.support.service import Service

ANNA = "anna@example.com"
BODY = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
FOREIGN = {
    "pbkdf2_sha256$1000000$5Zd0Wp2ezhVh6LMr7yFmtJ$aGFzaA=": "Django's PBKDF2",
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA": "argon2",
    "argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHQ$aGFzaA": "Django's argon2",
    "scrypt:32768:8:1$x7Dq$0123abcd": "Werkzeug's scrypt",
    f"$2y$10${BODY}": "bcrypt $2y$ (PHP)",
    f"{{bcrypt}}$2a$10${BODY}": "Spring's",
    f"bcrypt$$2b$12${BODY}": "Django's bcrypt",
    f"$2b$12${BODY}x": "of no known hash",
    "$6$salt$hash": "crypt",
    "5f4dcc3b5aa765d61d8327deb882cf99": "of no known hash",
    "a password in plain text": "of no known hash",
}


def add(service: Service, stored: str, mail: str = ANNA) -> None:
    service.sql("INSERT INTO users (email, password_hash) VALUES (:mail, :stored)", mail=mail, stored=stored)


@pytest.mark.parametrize(("stored", "shape"), FOREIGN.items(), ids=FOREIGN.values())
def test_a_foreign_hash_is_kept_and_told(make_service: MakeService, stored: str, shape: str) -> None:
    service = make_service(METRICS_TOKEN=TOKEN)
    add(service, stored)
    token = service.link_for(ANNA)

    assert service.reset(token).status_code == 503

    assert service.stored_hash(ANNA) == stored
    assert service.check(token).status_code == 200
    (told,) = service.events("reset_impossible")
    assert (told["level"], told["error"]) == ("error", "HashOfAnotherFormat")
    assert f"has the shape {shape}" in told["hint"]
    assert "USERS_HASH_FORMAT=bcrypt writes bcrypt $2b$" in told["hint"]
    assert stored not in service.logs.getvalue()
    metrics = service.client.get("/metrics", headers=BEARER).get_data(as_text=True)
    assert 'latchkey_resets_refused_total{reason="format"} 1.0' in metrics
    service.work()
    assert (len(service.relay.mails), unfinished(service.redis)) == (1, 0)


@pytest.mark.parametrize("written", get_args(HashFormat))
def test_each_format_replaces_its_own_hashes_and_no_others(make_service: MakeService, written: HashFormat) -> None:
    service = make_service(USERS_HASH_FORMAT=written)
    outcomes = {}
    for stored in get_args(HashFormat):
        add(service, encode("the old password of everybody", stored, 4), f"{stored}@example.com")
        outcomes[stored] = service.reset(service.link_for(f"{stored}@example.com")).status_code

    assert outcomes == {stored: 200 if stored == written else 503 for stored in get_args(HashFormat)}


@pytest.mark.parametrize("hash_format", ["bcrypt", "bcrypt-2y"])
def test_the_oldest_prefix_of_bcrypt_is_replaced(make_service: MakeService, hash_format: str) -> None:
    service = make_service(USERS_HASH_FORMAT=hash_format)
    add(service, f"$2a$10${BODY}")

    assert service.reset(service.link_for(ANNA)).status_code == 200
