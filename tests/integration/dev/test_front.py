"""The demo's front page and its sign-in page, where the story ends."""

import re
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dev.site.app import MAX_FORM_SIZE, create_site
from dev.site.caught_mail import Mailbox
from dev.site.place import Place
from dev.stack.environment import PRODUCT_NAME
from shared.languages import LANGUAGES
from tests.support.hashes import encode
from worker.settings.settings import PreviewSettings

PASSWORD = "correct horse battery staple"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "a folder" / "users.sqlite3"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE users (email, password_hash, is_active DEFAULT 1)")
        rows = [("demo@example.com", encode(PASSWORD, "bcrypt")), ("no@example.com", None)]
        connection.executemany("INSERT INTO users (email, password_hash) VALUES (?, ?)", rows)
    return file


@pytest.fixture
def client(database: Path) -> Iterator[FlaskClient]:
    place = Place("8001", "5556", "operator", "a/b@c", database)
    with create_site(Mailbox(), place).test_client() as client:
        yield client


def sign_in(client: FlaskClient, address: str, password: str) -> tuple[int, str]:
    answer = client.post("/sign-in", data={"email": address, "password": password})
    return answer.status_code, answer.text


def test_the_front_page_links_the_story_and_everything_else(client: FlaskClient) -> None:
    page = client.get("/").text

    for address in ("http://localhost:8001/forgot-password", "/inbox", "/sign-in", "http://localhost:8001/docs"):
        assert f'href="{address}"' in page
    assert "demo@example.com" in page
    assert "30 links in 15 minutes" in " ".join(page.split())
    assert page.count(PRODUCT_NAME) == 2


def test_the_front_page_opens_flower_without_a_prompt_and_shows_the_password(client: FlaskClient) -> None:
    page = unescape(client.get("/").text)

    assert 'href="http://operator:a%2Fb%40c@localhost:5556"' in page
    assert "<code>a/b@c</code>" in page


def test_every_language_is_linked_by_its_own_name(client: FlaskClient) -> None:
    page = client.get("/").text

    assert [name for name in LANGUAGES.values() if f">{name}</a>" not in page] == []
    assert 'href="http://localhost:8001/forgot-password?locale=pt-BR"' in page
    assert 'lang="ar" dir="rtl"' in page


@pytest.mark.parametrize("address", ["demo@example.com", " Demo@Example.com "])
def test_the_right_password_signs_in(client: FlaskClient, address: str) -> None:
    status, page = sign_in(client, address, PASSWORD)

    assert status == 200
    assert f'You are signed in as <span class="address">{address.strip()}</span>.' in page
    assert PASSWORD not in page


@pytest.mark.parametrize(
    ("address", "password"),
    [
        ("demo@example.com", "something else"),
        ("demo@example.com", ""),
        ("demo@example.com", "x" * 100),
        ("nobody@example.com", PASSWORD),
        ("no@example.com", PASSWORD),
        ("", ""),
        ("' OR 1=1 --", PASSWORD),
    ],
)
def test_every_failed_sign_in_gets_the_same_words(client: FlaskClient, address: str, password: str) -> None:
    status, page = sign_in(client, address, password)

    assert status == 401
    assert "Wrong email address or password." in page
    assert not password or password not in page


def test_a_user_who_is_locked_cannot_sign_in(client: FlaskClient, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE users SET is_active = 0")

    assert sign_in(client, "demo@example.com", PASSWORD)[0] == 401


def test_without_a_database_nobody_can_sign_in(client: FlaskClient, database: Path) -> None:
    database.unlink()

    assert sign_in(client, "demo@example.com", PASSWORD)[0] == 401
    assert not database.exists()


def test_what_was_typed_is_shown_escaped(client: FlaskClient) -> None:
    assert "<script>" not in sign_in(client, '"><script>', "x")[1]


def test_an_overlong_form_is_refused(client: FlaskClient) -> None:
    assert sign_in(client, "demo@example.com", "x" * MAX_FORM_SIZE)[0] == 413


def test_every_mail_can_be_read_in_every_language(client: FlaskClient) -> None:
    with client.get("/mails", follow_redirects=True) as page:
        home, *files = re.findall(r'(?:src|href)="([^"#]+)"', page.get_data(as_text=True))

    assert home == "/"
    assert len(files) >= 2 * len(LANGUAGES)
    for file in files:
        with client.get(f"/mails/{file}") as answer:
            assert answer.status_code == 200
            assert "default-src 'none'; style-src 'unsafe-inline'; " in answer.headers["Content-Security-Policy"]


def test_the_mails_are_rendered_once_for_parallel_first_requests(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_site(Mailbox(), Place("8001", "5556", "", "", database))
    written = []

    def write_slowly(_settings: PreviewSettings, folder: Path, *, home: str) -> None:
        written.append(folder)
        (folder / "index.html").write_text(home)
        time.sleep(0.2)

    def ask(_number: int) -> int:
        with app.test_client() as client, client.get("/mails/index.html") as answer:
            return answer.status_code

    monkeypatch.setattr("worker.mails.preview.write_all", write_slowly)
    with ThreadPoolExecutor(4) as visitors:
        assert list(visitors.map(ask, range(4))) == [200] * 4
    assert len(written) == 1


def test_nothing_but_the_mails_is_shown(client: FlaskClient) -> None:
    assert client.get("/mails/../environment.py").status_code == 404
    assert client.get("/mails/%2e%2e/environment.py").status_code == 404


def test_signing_in_leaves_nothing_behind(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": "demo@example.com", "password": PASSWORD})

    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
