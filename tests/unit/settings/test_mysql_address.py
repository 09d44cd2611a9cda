"""Addresses of MySQL and MariaDB, as clients and platforms write them."""

import ssl

import certifi
import pytest

from shared.settings.database.address import DatabaseAddress

SERVER = {"host": "h", "port": 3306, "user": "u", "password": "p", "database": "db"}


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("mysql://u:p@h/db", {}),
        ("mysql+pymysql://u:p@h/db?charset=utf8mb4", {}),
        ("mariadb://u:p@h:3307/db", {"port": 3307}),
        ("mysql2://u:p@h/db?reconnect=true&encoding=utf8mb4", {}),
        ("mysql://u:p%40%2F%3A@h/db?connection_limit=5&sslaccept=accept_invalid_certs", {"password": "p@/:"}),
        ("mysql://u:p@localhost/db?unix_socket=/run/mysqld/mysqld.sock", {"host": "localhost"}),
        ("mysql://u:p@[::1]/db?ssl-mode=DISABLED", {"host": "::1", "ssl_disabled": True}),
    ],
)
def test_an_address_is_read(url: str, options: dict[str, object]) -> None:
    found = dict(DatabaseAddress.parse(url).options)

    assert found.pop("unix_socket", None) == ("/run/mysqld/mysqld.sock" if "unix_socket" in url else None)
    assert found == SERVER | options


@pytest.mark.parametrize(
    ("query", "checked"),
    [
        ("ssl-mode=REQUIRED", (False, False)),
        ("sslmode=require", (False, False)),
        ("sslMode=trust", (False, False)),
        (f"ssl-mode=VERIFY_CA&ssl-ca={certifi.where()}", (True, False)),
        (f"ssl_ca={certifi.where()}", (True, True)),
        ("ssl-mode=VERIFY_IDENTITY", (True, True)),
        ("sslaccept=strict", (True, True)),
    ],
)
def test_tls_is_asked_for_in_every_way(query: str, checked: tuple[bool, bool]) -> None:
    context = DatabaseAddress.parse(f"mysql://u:p@h/db?{query}").options["ssl"]

    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode == ssl.CERT_REQUIRED, context.check_hostname) == checked


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hunter2@h", "names no database"),
        ("mysql://u:hunter2@h1,h2/db", "names several hosts"),
        ("mysql://u:hunter2@h:port/db", "is not a database address"),
        ("mysql://u:hunter2@h/db?ssl=true", "does not say whether the server's certificate is verified"),
        ("mysql://u:hunter2@h/db?ssl-mode=ON", "is not one of DISABLED"),
        ("mysql://u:hunter2@h/db?ssl-ca=/no/such/file", "names a file for TLS that does not exist: /no/such/file"),
        ("mysql://u:hunter2@h/db?foo=1", "has the parameter foo"),
        ("mysql://u:hunter2@h/db?ssl-mode=VERIFY_IDENTITY&ssl=false", "says twice, and differently"),
    ],
)
def test_a_wrong_address_is_refused_with_the_cause_and_without_the_password(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        DatabaseAddress.parse(url)

    assert "hunter2" not in str(refused.value)


def test_an_address_does_not_show_its_password() -> None:
    assert "hunter2" not in repr(DatabaseAddress.parse("mysql://u:hunter2@h/db"))
