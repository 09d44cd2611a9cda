"""USERS_ON_RESET and AFTER_RESET_SQL: sessions end and lockouts are lifted with the reset, or nothing is changed."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.conftest import MakeService
from tests.integration.probes.users_tables import probed
from tests.support.hashes import encode
from tests.support.service import OLD_PASSWORD, Service

ANNA = "anna@example.com"
# Of each: the statements that make the schema of an application for Anna (id 7) and Ben (id 8), the settings, and the
# queries that show which sessions and lockouts are left of both.
LARAVEL = (
    """
    CREATE TABLE users (id bigint PRIMARY KEY, email varchar(255) UNIQUE, password varchar(255), remember_token
        varchar(100));
    CREATE TABLE sessions (id varchar(255) PRIMARY KEY, user_id bigint, payload text);
    INSERT INTO users VALUES (7, 'anna@example.com', '{hash}', 'old'),
    (8, 'ben@example.com', '{hash}', 'old');
    INSERT INTO sessions VALUES ('a', 7, ''),
    ('b', 7, ''),
    ('c', 8, ''),
    ('d', NULL, '');
    """,
    {
        "USERS_PASSWORD_COLUMN": "password",
        "USERS_ON_RESET": "remember_token = NULL",
        "AFTER_RESET_SQL": "DELETE FROM sessions WHERE user_id = :id",
    },
    {"SELECT id FROM sessions ORDER BY id": ["c", "d"], "SELECT remember_token FROM users ORDER BY id": [None, "old"]},
)
DEVISE = (
    """
    CREATE TABLE users (id bigint PRIMARY KEY, email varchar(255) UNIQUE, encrypted_password varchar(255),
        failed_attempts integer DEFAULT 0 NOT NULL, locked_at timestamp, unlock_token varchar(255),
        remember_created_at timestamp, reset_password_token varchar(255));
    INSERT INTO users VALUES (7, 'anna@example.com', '{hash}', 20, '2026-01-01', 't', '2026-01-01', 'r'),
    (8, 'ben@example.com', '{hash}', 3, '2026-01-01', 'u', '2026-01-01', 's');
    """,
    {
        "USERS_PASSWORD_COLUMN": "encrypted_password",
        "USERS_ON_RESET": "failed_attempts = 0, locked_at = NULL, unlock_token = NULL, "
        "remember_created_at = NULL, reset_password_token = NULL",
    },
    {
        "SELECT failed_attempts FROM users ORDER BY id": [0, 3],
        "SELECT unlock_token FROM users ORDER BY id": [None, "u"],
        "SELECT count(locked_at) FROM users": [1],
    },
)
FLASK_SECURITY = (
    """
    CREATE TABLE "user" (id integer PRIMARY KEY, email varchar(255) UNIQUE, password varchar(255), active
        boolean, fs_uniquifier varchar(64) UNIQUE NOT NULL);
    INSERT INTO "user" VALUES (7, 'anna@example.com', '{hash}', true, 'one'),
    (8, 'ben@example.com', '{hash}', true, 'two');
    """,
    {"USERS_TABLE": "user", "USERS_PASSWORD_COLUMN": "password", "USERS_ON_RESET": "fs_uniquifier = :random"},
    {
        'SELECT length(fs_uniquifier) FROM "user" ORDER BY id': [32, 3],
        "SELECT fs_uniquifier = 'one' FROM \"user\" WHERE id = 7": [False],
    },
)
PHX_GEN_AUTH = (
    """
    CREATE TABLE users (id bigint PRIMARY KEY, email varchar(160) UNIQUE, hashed_password varchar(255));
    CREATE TABLE users_tokens (id bigint PRIMARY KEY, user_id bigint REFERENCES users, context varchar(255));
    INSERT INTO users VALUES (7, 'anna@example.com', '{hash}'),
    (8, 'ben@example.com', '{hash}');
    INSERT INTO users_tokens VALUES (1, 7, 'session'),
    (2, 7, 'reset_password'),
    (3, 8, 'session');
    """,
    {"USERS_PASSWORD_COLUMN": "hashed_password", "AFTER_RESET_SQL": "DELETE FROM users_tokens WHERE user_id = :id;"},
    {"SELECT id FROM users_tokens": [3]},
)
SUPABASE = (
    """
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (id uuid PRIMARY KEY, email varchar(255), encrypted_password varchar(255));
    CREATE TABLE auth.sessions (id uuid PRIMARY KEY, user_id uuid REFERENCES auth.users);
    CREATE TABLE auth.refresh_tokens (id bigint PRIMARY KEY, user_id varchar(255), revoked boolean);
    INSERT INTO auth.users VALUES ('00000000-0000-4000-8000-000000000007', 'anna@example.com', '{hash}'),
    ('00000000-0000-4000-8000-000000000008', 'ben@example.com', '{hash}');
    INSERT INTO auth.sessions VALUES ('00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000007'),
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000008');
    INSERT INTO auth.refresh_tokens VALUES (1, '00000000-0000-4000-8000-000000000007', false),
    (2, '00000000-0000-4000-8000-000000000008', false);
    """,
    {
        "USERS_TABLE": "auth.users",
        "USERS_PASSWORD_COLUMN": "encrypted_password",
        "AFTER_RESET_SQL": "DELETE FROM auth.sessions WHERE user_id = :id; "
        "UPDATE auth.refresh_tokens SET revoked = true WHERE user_id = :id",
    },
    {"SELECT count(*) FROM auth.sessions": [1], "SELECT revoked FROM auth.refresh_tokens ORDER BY id": [True, False]},
)
APPLICATIONS: dict[str, tuple[str, dict[str, str], Any]] = {
    "Laravel": LARAVEL,
    "Devise": DEVISE,
    "Flask-Security": FLASK_SECURITY,
    "phx.gen.auth": PHX_GEN_AUTH,
    "Supabase": SUPABASE,
}
WITHOUT = {"USERS_FILTER": "", "USERS_PASSWORD_CHANGED_COLUMN": ""}


def made(owner: Service, statements: str, hash_: str = "") -> None:
    for statement in statements.split(";"):
        if statement.strip():
            owner.sql(statement.replace("{hash}", hash_))


@pytest.fixture
def owner(make_service: MakeService, postgres_url: str) -> Service:
    """A service that only runs statements as the owner of the tables."""
    return make_service(create_table=False, DATABASE_URL=postgres_url)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_sessions_end_and_lockouts_are_lifted_by_settings_alone(
    owner: Service, make_service: MakeService, name: str
) -> None:
    statements, settings, left = APPLICATIONS[name]
    made(owner, statements, encode(OLD_PASSWORD))
    service = make_service(create_table=False, DATABASE_URL=owner.environ["DATABASE_URL"], **WITHOUT, **settings)

    assert probed(service)[0] == "ok"
    token = service.link_for(ANNA)
    assert service.reset(token).status_code == 200
    assert service.reset(token).status_code == 400

    assert {query: [row[0] for row in owner.sql(query)] for query in left} == left


def test_twenty_resets_at_once_change_the_other_columns_once(owner: Service, make_service: MakeService) -> None:
    made(owner, "CREATE TABLE users (id int, email text, password_hash text, version int)")
    owner.sql("INSERT INTO users VALUES (7, 'anna@example.com', :hash, 1)", hash=encode(OLD_PASSWORD))
    service = make_service(
        create_table=False,
        DATABASE_URL=owner.environ["DATABASE_URL"],
        WEB_THREADS="64",
        USERS_ON_RESET="version = coalesce(version, 0) + 1",
        **WITHOUT,
    )
    token = service.link_for(ANNA)

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: service.reset(token).status_code, range(20)))

    assert statuses.count(200) == 1
    assert owner.sql("SELECT version FROM users")[0][0] == 2


@pytest.mark.parametrize(
    "settings",
    [
        {"AFTER_RESET_SQL": "INSERT INTO audit VALUES (:id); SELECT 1 / (:id - 7)"},
        {"USERS_ON_RESET": "version = 1 / (version - 1)", "AFTER_RESET_SQL": "INSERT INTO audit VALUES (:id)"},
    ],
)
def test_if_anything_fails_nothing_is_changed(
    owner: Service, make_service: MakeService, settings: dict[str, str]
) -> None:
    stored = encode(OLD_PASSWORD)
    made(owner, "CREATE TABLE users (id int, email text, password_hash text, version int)")
    made(owner, "CREATE TABLE audit (user_id int)")
    owner.sql("INSERT INTO users VALUES (7, 'anna@example.com', :hash, 1)", hash=stored)
    url = owner.environ["DATABASE_URL"]
    service = make_service(create_table=False, DATABASE_URL=url, **WITHOUT, **settings)
    token = service.link_for(ANNA)

    assert service.reset(token).status_code == 503

    assert service.stored_hash(ANNA) == stored
    assert owner.sql("SELECT count(*) FROM audit")[0][0] == 0
    assert service.check(token).status_code == 200
    service.work()
    assert len(service.relay.mails) == 1


WRONG = {
    "no such column": ({"USERS_ON_RESET": "remember_tokn = NULL"}, "USERS_ON_RESET: no column remember_tokn"),
    "no such column in the expression": ({"USERS_ON_RESET": "is_active = lockd"}, "USERS_ON_RESET: "),
    "the hash": ({"USERS_ON_RESET": "password_hash = 'x'"}, "password_hash is not to be changed"),
    "no such table": ({"AFTER_RESET_SQL": "DELETE FROM sesions WHERE user_id = :id"}, "AFTER_RESET_SQL: "),
    "no assignment": ({"USERS_ON_RESET": "remember_token"}, "USERS_ON_RESET is not of the form"),
    "two statements": ({"USERS_ON_RESET": "is_active = true; DROP TABLE users"}, "USERS_ON_RESET holds `;`"),
    "all users": ({"AFTER_RESET_SQL": "DELETE FROM users"}, "AFTER_RESET_SQL has a statement without `:id`"),
    "what commits by itself": (
        {"AFTER_RESET_SQL": "CREATE TABLE x AS SELECT :id"},
        "AFTER_RESET_SQL has a statement that is not a SELECT",
    ),
    "a comment": ({"AFTER_RESET_SQL": "DELETE FROM users -- WHERE id = :id"}, "AFTER_RESET_SQL holds a comment"),
}


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_mistake_ends_the_start_with_a_sentence(
    request: pytest.FixtureRequest, make_service: MakeService, backend: str, wrong: str
) -> None:
    settings, sentence = WRONG[wrong]
    url = {} if backend == "sqlite" else {"DATABASE_URL": request.getfixturevalue("postgres_url")}
    environ = os.environ | make_service(**url).environ | settings

    ended = subprocess.run(
        [sys.executable, "-m", "api"], env=environ, capture_output=True, text=True, timeout=30, check=False
    )

    assert ended.returncode == 1
    assert "Latchkey cannot start: 1 setting needs your attention." in ended.stderr
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_values_and_colons_are_told_apart(service: Service, make_service: MakeService) -> None:
    service.sql("CREATE TABLE notes (note text, user_id integer)")
    other = make_service(
        create_table=False,
        AFTER_RESET_SQL="INSERT INTO notes VALUES ('at :now, (by) :id; 12:30' || :email, :id)",
        USERS_ON_RESET="created_at = datetime(:now, '-1 day'), is_active = max(is_active, 1)",
    )
    service.add_user(ANNA)

    assert other.reset(other.link_for(ANNA)).status_code == 200

    assert service.sql("SELECT note, user_id FROM notes") == [("at :now, (by) :id; 12:30anna@example.com", 1)]


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
def test_the_time_of_a_reset_is_in_utc_whatever_the_servers_time_zone(
    owner: Service, make_service: MakeService, kind: str
) -> None:
    made(owner, f"CREATE TABLE users (id int, email text, password_hash text, valid_after {kind})")
    owner.sql("INSERT INTO users VALUES (7, 'anna@example.com', :hash, NULL)", hash=encode(OLD_PASSWORD))
    owner.sql("ALTER DATABASE postgres SET timezone = 'Asia/Tokyo'")
    try:
        url = owner.environ["DATABASE_URL"]
        service = make_service(create_table=False, DATABASE_URL=url, USERS_ON_RESET="valid_after = :now", **WITHOUT)
        assert service.reset(service.link_for(ANNA)).status_code == 200
        since = "SELECT abs(extract(epoch FROM now() - (valid_after || '+00')::timestamptz)) FROM users"
        with psycopg.connect(url, options="-c timezone=UTC") as connection:
            seconds = connection.execute(since.replace(" || '+00'", "") if kind == "timestamptz" else since).fetchall()
    finally:
        owner.sql("ALTER DATABASE postgres RESET timezone")

    assert seconds[0][0] < 60


def test_a_column_can_keep_the_old_hash(owner: Service, make_service: MakeService) -> None:
    stored = encode(OLD_PASSWORD)
    made(owner, "CREATE TABLE users (id int, email text, password_hash text, previous text)")
    owner.sql("INSERT INTO users VALUES (7, 'anna@example.com', :hash, NULL)", hash=stored)
    url, setting = owner.environ["DATABASE_URL"], "previous = password_hash"
    service = make_service(create_table=False, DATABASE_URL=url, USERS_ON_RESET=setting, **WITHOUT)

    assert service.reset(service.link_for(ANNA)).status_code == 200

    assert owner.sql("SELECT previous FROM users") == [(stored,)]
