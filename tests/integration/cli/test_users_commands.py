"""`flask --app api.app users ...`"""

from pathlib import Path

import bcrypt
import pytest
from click.testing import Result

from tests.conftest import MakeService
from tests.support.hashes import encode
from tests.support.service import Service

STORED = encode("the password of an import", "bcrypt")


def run(service: Service, *arguments: str, text: str | None = None) -> Result:
    return service.app.test_cli_runner().invoke(args=["users", *arguments], input=text)


def test_the_table_is_created_once_with_its_columns(service_on_each: Service) -> None:
    service = service_on_each

    again = run(service, "create-table")

    assert (again.exit_code, again.output) == (0, "Table users already exists.\n")
    service.sql("SELECT id, email, password_hash, is_active, password_changed_at, created_at FROM users")


def test_an_existing_table_is_never_altered(make_service: MakeService) -> None:
    service = make_service(create_table=False)
    service.sql("CREATE TABLE users (only_this INTEGER)")

    assert run(service, "create-table").exit_code == 0

    assert service.sql("SELECT * FROM users") == []
    service.sql("SELECT only_this FROM users")


def test_a_user_is_added_with_the_password_from_standard_input(service: Service) -> None:
    result = run(service, "add", "anna@example.com", "--password-stdin", text="correct horse battery\n")

    assert (result.exit_code, result.output) == (0, "Added.\n")
    assert bcrypt.checkpw(b"correct horse battery", service.stored_hash("anna@example.com").encode())


def test_a_user_is_added_with_a_password_that_is_asked_for_twice(service: Service) -> None:
    result = run(service, "add", "anna@example.com", text="correct horse battery\n" * 2)

    assert result.exit_code == 0
    assert "correct horse" not in result.output
    assert bcrypt.checkpw(b"correct horse battery", service.stored_hash("anna@example.com").encode())


def test_a_password_that_cannot_be_used_is_asked_for_once(service: Service) -> None:
    result = run(service, "add", "anna@example.com", text="short\n" * 2)

    assert result.exit_code == 1
    assert "too_short" in result.output
    assert "Repeat" not in result.output


def test_there_is_no_password_prompt_for_an_existing_user(service: Service) -> None:
    service.add_user("ben@example.com")

    assert "Password" not in run(service, "add", "ben@example.com", text="correct horse battery\n" * 2).output


@pytest.mark.parametrize(
    ("address", "password", "complaint"),
    [
        ("anna", "correct horse battery", "not a valid email address"),
        ("anna@example.com", "short", "too_short"),
        ("anna@example.com", "passwordpassword", "too_common"),
        ("anna@example.com", "anna@example.com1", "like_address"),
        ("ben@example.com", "correct horse battery", "already"),
    ],
)
def test_a_user_that_cannot_be_added_gets_a_reason(
    service: Service, address: str, password: str, complaint: str
) -> None:
    service.add_user("ben@example.com")

    result = run(service, "add", address, "--password-stdin", text=password + "\n")

    assert result.exit_code == 1
    assert complaint in result.output


def test_a_missing_table_is_reported_in_one_sentence(make_service: MakeService) -> None:
    service = make_service(create_table=False)

    result = run(service, "add", "anna@example.com", "--password-stdin", text="correct horse battery\n")

    assert result.exit_code == 1
    assert "The database refused" in result.output
    assert "Traceback" not in result.output


def test_an_import_keeps_the_good_rows_and_lists_the_bad_ones(service_on_each: Service, tmp_path: Path) -> None:
    service = service_on_each
    service.add_user("there@example.com")
    rows = [
        "email,password_hash",
        f"anna@example.com,{STORED}",
        f"no address,{STORED}",
        "ben@example.com,plain text",
        f"Anna@Example.com,{STORED}",
        f"there@example.com,{STORED}",
        "short@example.com",
        f'"cara@example.com",{STORED}',
    ]
    file = tmp_path / "users.csv"
    file.write_text("\n".join(rows))

    result = run(service, "import", str(file))

    assert result.exit_code == 1
    assert "Imported 2 users, refused 5 rows." in result.output
    assert [line.split(":")[0] for line in result.output.splitlines() if line.startswith("line ")] == [
        "line 3",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert service.stored_hash("anna@example.com") == STORED
    assert service.sql("SELECT count(*) FROM users")[0][0] == 3
    assert service.reset(service.link_for("cara@example.com")).status_code == 200


def test_an_import_may_be_repeated(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text(f"email,password_hash\nanna@example.com,{STORED}\n")
    run(service, "import", str(file))

    again = run(service, "import", str(file))

    assert "Imported 0 users, refused 1 row." in again.output
    assert "there is already a user with this address" in again.output


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"name,hash\nx,y\n", "line 1: the first line must name the columns: email,password_hash"),
        (b"", "line 1: the first line must name the columns"),
        (b"email,password_hash\n\xff\xfe,x\n", "not UTF-8"),
        (
            f"email,password_hash\nx@example.com,{STORED.replace('$04$', '$31$')}\n".encode(),
            "line 2: password_hash takes too long, or too much memory, to compute",
        ),
    ],
    ids=["other columns", "nothing", "no text", "a dear hash"],
)
def test_an_unusable_file_is_refused_with_a_reason(
    service: Service, tmp_path: Path, content: bytes, complaint: str
) -> None:
    file = tmp_path / "users.csv"
    file.write_bytes(content)

    result = run(service, "import", str(file))

    assert result.exit_code == 1
    assert complaint in result.output


def test_a_file_longer_than_a_batch_is_imported_whole(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    rows = "".join(f"user{number}@example.com,{STORED}\n" for number in range(12_000))
    file.write_text("email,password_hash\n" + rows)

    assert run(service, "import", str(file)).exit_code == 0

    assert service.sql("SELECT count(*) FROM users")[0][0] == 12_000


def test_support_can_send_a_link_despite_the_quota(make_service: MakeService) -> None:
    service = make_service(FORGOT_LIMIT_PER_EMAIL="1/day")
    service.add_user("anna@example.com")
    for _ in range(3):
        service.forgot("anna@example.com")

    result = run(service, "send-reset", "anna@example.com")
    service.work()

    assert result.exit_code == 0
    assert len(service.relay.mails) == 2
    # Which of the two emails leaves first is drawn at random.
    assert any(str(event["request_id"]) in result.output for event in service.events("reset_mailed"))


def test_support_is_told_when_redis_is_away(make_service: MakeService) -> None:
    service = make_service(REDIS_URL="redis://127.0.0.1:1/0")

    result = run(service, "send-reset", "anna@example.com")

    assert result.exit_code == 1
    assert "Redis cannot be reached" in result.output


def test_a_user_whose_address_differs_only_in_case_is_not_added_again(service: Service) -> None:
    service.add_user("Anna@Example.com")

    result = run(service, "add", "anna@example.com", "--password-stdin", text="correct horse battery\n")

    assert result.exit_code == 1
    assert "already" in result.output


def test_a_row_with_too_many_columns_is_refused(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text(f"email,password_hash\nanna@example.com,{STORED},more\n")

    result = run(service, "import", str(file))

    assert "line 2: there are more columns" in result.output
    assert service.sql("SELECT * FROM users") == []
