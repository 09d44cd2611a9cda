"""Invalid values: each causes one problem that says what is wrong."""

import re

import pytest

from api.settings.settings import ApiSettings
from shared.settings.random_key import EXAMPLE_SECRET
from tests.unit.settings.test_settings import KEY, only_problem, program_of
from worker.settings.settings import WorkerSettings

NO_ADDRESSES = ["help\x1cme@example.com", "help", "@example.com", "a@b@c", "help @example.com", "Help <a@b.example>"]
# A misspelling, a folder, two paths, and an abbreviation.
NO_ZONES = ["Europe/Berlim", "Europe", "../etc/passwd", "/etc/passwd", "CEST"]
NO_ORIGINS = [
    *("*", "https://*.example.com", "https://www.example.com, https://example.com/", "https://example.com/app"),
    *("capacitor://", "capacitor://localhost/", "chrome-extension://*", "localhost:3000", "www.example.com", "file://"),
    *("file:///index.html", "file://localhost", "wss://example.com", "htps://example.com", "http//example.com"),
]
OAUTH = {
    "MAIL_USERNAME": "latchkey@example.com",
    "MAIL_OAUTH_ENDPOINT": "microsoft:example.com",
    "MAIL_OAUTH_CLIENT_ID": "an-id",
    "MAIL_OAUTH_CLIENT_SECRET": "a-secret",
}
REFUSED = [
    ("SECRET_KEY", EXAMPLE_SECRET, "is the example"),
    ("SECRET_KEY", f"{KEY},{EXAMPLE_SECRET}", "is the example"),
    ("SECRET_KEY", f"{KEY},{KEY[:31]}", "is shorter than 32"),
    ("SECRET_KEY", "abcdefghi" * 4, "is not random"),
    ("SECRET_KEY", f"{KEY},{KEY}", "holds the same key twice"),
    ("REDIS_URL", "http://redis.example", "is not a Redis address"),
    ("REDIS_URL", "redis://redis.example?db=first", "is not a Redis address"),
    ("REDIS_URL", "redis://redis.example?timeout=1", "is not a Redis address"),
    ("DATABASE_URL", "oracle://db.example/app", "names oracle, which is not supported"),
    ("DATABASE_URL", "users.sqlite3", "is not a database address"),
    ("DATABASE_URL", "sqlite://var/lib/users.sqlite3", "is not a database address"),
    ("DATABASE_URL", "sqlite:////users.sqlite3?timeout=long", "is not a database address"),
    ("DATABASE_URL", "sqlite://", "names a SQLite database in memory"),
    ("DATABASE_URL", "sqlite:///:memory:", "names a SQLite database in memory"),
    ("PRODUCT_NAME", "Latch\r\nBcc: key", "is not one line of plain text"),
    ("PRODUCT_NAME", "Latch\x0cBcc: key", "is not one line of plain text"),
    ("PRODUCT_NAME", "=?utf-8?q?Latch=0D=0Akey?=", "is not one line of plain text"),
    ("PRODUCT_NAME", "L" * 81, "is longer than 80 characters. The name of your product"),
    *(("SUPPORT_EMAIL", value, "is not an email address. The email address for") for value in NO_ADDRESSES),
    *(("BABEL_DEFAULT_TIMEZONE", value, "is not a time zone such as `Europe/Berlin`. The") for value in NO_ZONES),
    *(
        ("BABEL_DEFAULT_LOCALE", value, "is not a supported language. The fallback language")
        for value in ("sv", "pt", "PT_")
    ),
    ("RESET_URL", "http://www.example.com/reset", "is not https"),
    ("RESET_URL", "https://www.example.com/re set", "is not a web address"),
    ("RESET_URL", "https://www.example.com@evil.example/", "holds a user name"),
    ("RESET_URL", "https://www.example.com/{token}?t={token}", "holds {token} more than once"),
    ("RESET_URL", "https://{token}.example.com/", "holds {token} in the name of the host"),
    ("RESET_URL", "https://www.example.com\\.evil.example/", "is not a web address"),
    ("RESET_URL", "https://www.example.com%2eevil.example/", "names a host in a form that is not plain"),
    ("RESET_URL", "https://www.example.com/%7Btoken%7D", "holds {token} encoded"),
    ("RESET_URL", "https://www.example.com/#reset", "has a fragment without {token}"),
    ("SIGN_IN_URL", "http://www.example.com/login", "is not https"),
    ("SIGN_IN_URL", "javascript:alert(1)", "is not a web address"),
    ("SIGN_IN_URL", "/login", "is not a web address"),
    ("SIGN_IN_URL", "https://www.example.com@evil.example/", "holds a user name"),
    ("SIGN_IN_URL", 'https://www.example.com/"onclick', "is not a web address"),
    ("LOGO", "http://www.example.com/logo.svg", "is not https"),
    ("LOGO", "https://www.example.com/logo.svg; script-src *", "is not a web address"),
    ("LOGO", "https://www.example.com;script-src/logo.svg", "names a host in a form that is not plain"),
    ("LOGO", "/nowhere/logo.svg", "is neither an https address nor a file that can be read"),
    ("LOGO", "data:image/png;base64,AAAA", "is neither an https address nor a file"),
    ("BRAND_COLOR", "blue", "is not a colour such as `#1f5fbf`"),
    ("BRAND_COLOR", "#fff", "is not a colour"),
    ("MAIL_DEFAULT_SENDER", "a@example.com, b@example.com", "is not a sender"),
    ("MAIL_DEFAULT_SENDER", "Example\n <a@example.com>", "is not one line of plain text"),
    *(
        (
            "MAIL_DEFAULT_SENDER",
            f"{name} <a@example.com>",
            f"""lacks quotes around its name. Write '"{cure}" <a@example.com>'""",
        )
        for name, cure in [
            ("Example, Inc.", "Example, Inc."),
            ("Support: Example", "Support: Example"),
            ("Example; the shop", "Example; the shop"),
            ('"Example, Inc.', "Example, Inc."),
        ]
    ),
    ("MAIL_REPLY_TO", "Example, Inc. <a@example.com>", "lacks quotes around its name"),
    ("MAIL_DEFAULT_SENDER", "j\u00fcrgen@example.com", "has letters beyond ASCII before its @"),
    ("MAIL_DEFAULT_SENDER", "nobody at all", "is not a sender"),
    ("MAIL_REPLY_TO", "support", "is not a sender"),
    ("MAIL_ENVELOPE_SENDER", "Bounces <bounces@example.com>", "is not a sender"),
    ("MAIL_ENVELOPE_SENDER", "a@example.com\r\nRCPT TO:<b@example.com>", "is not a sender"),
    ("MAIL_EHLO_NAME", "no name at all", "is not a host name"),
    ("MAIL_EHLO_NAME", "a.example\r\nMAIL", "is not a host name"),
    ("MAIL_CA_FILE", "/nowhere/ca.pem", "is not a file of certificates"),
    ("MAIL_CA_FILE", __file__, "is not a file of certificates"),
    ("MAIL_EXTRA_HEADERS", "X-Tag: resets", "is not a JSON object of texts"),
    ("MAIL_EXTRA_HEADERS", '["X-Tag"]', "is not a JSON object of texts"),
    ("MAIL_EXTRA_HEADERS", '{"X-Tag": 1}', "is not a JSON object of texts"),
    ("MAIL_EXTRA_HEADERS", '{"X-Tag": {"a": "b"}}', "is not a JSON object of texts"),
    ("MAIL_EXTRA_HEADERS", '{"X-Tag": "a\\r\\nBcc: b@example.com"}', "has 'X-Tag', whose text is not one line"),
    ("MAIL_EXTRA_HEADERS", '{"X-Tag": "\u00fc"}', "has 'X-Tag', whose text is not one line"),
    ("MAIL_EXTRA_HEADERS", '{"X-Tag": ""}', "has 'X-Tag', whose text is not one line"),
    ("MAIL_EXTRA_HEADERS", '{"X-Tag": "%s"}' % ("a" * 901), "has 'X-Tag', whose text is not one line"),
    ("MAIL_EXTRA_HEADERS", '{"X Tag": "a"}', "has 'X Tag', which is not the name of a header"),
    ("MAIL_EXTRA_HEADERS", '{"X-Tag:": "a"}', "has 'X-Tag:', which is not the name of a header"),
    ("MAIL_EXTRA_HEADERS", '{"X-Tag": "a", "x-tag": "b"}', "has 'X-Tag', which is there twice"),
    *(
        ("MAIL_EXTRA_HEADERS", f'{{"{name}": "a"}}', f"has '{name}', which Latchkey writes itself")
        for name in (
            "from",
            "To",
            "SUBJECT",
            "Bcc",
            "Message-ID",
            "Auto-Submitted",
            "X-SMTPAPI",
            "Content-Type",
            "Reply-To",
            "Resent-To",
            "Return-Path",
            "Sender",
        )
    ),
    ("MAIL_USERNAME", "j\u00fcrgen", "has letters beyond ASCII"),
    ("MAIL_OAUTH_ENDPOINT", "http://sso.example.com/token", "is not https"),
    ("MAIL_OAUTH_ENDPOINT", "microsoft", "is not a web address"),
    ("MAIL_OAUTH_ENDPOINT", "microsoft:a/b", "names no tenant"),
    ("MAIL_OAUTH_CLIENT_ID", "a", "is set without MAIL_OAUTH_ENDPOINT"),
    ("MAIL_OAUTH_CLIENT_SECRET", "a", "is set without MAIL_OAUTH_ENDPOINT"),
    ("MAIL_OAUTH_REFRESH_TOKEN", "a", "is set without MAIL_OAUTH_ENDPOINT"),
    ("MAIL_OAUTH_SCOPE", "a", "is set without MAIL_OAUTH_ENDPOINT"),
    ("MAIL_DEFAULT_SENDER", "Example\u2028Bcc: b <a@example.com>", "is not one line of plain text"),
    ("FORGOT_LIMIT_PER_IP", "many", "is not a limit"),
    ("FORGOT_LIMIT_PER_EMAIL", "3/fortnight", "is not a limit"),
    ("RESET_LIMIT_PER_IP", "20", "is not a limit"),
    *(("CORS_ORIGINS", value, "holds something that is not an origin (scheme, host and port") for value in NO_ORIGINS),
    *(("CORS_ORIGINS", value, "holds `null`, which any site can send") for value in ("null", "https://a.example,NULL")),
    *(("CORS_ALLOW_HEADERS", value, "holds something that is not") for value in ("*", "X-Tenant,X-*", "X Tenant")),
    ("PASSWORD_MIN_LENGTH", "7", "is wrong"),
    ("BREACH_CHECK", "on", "is wrong"),
    ("BREACH_CHECK_URL", "http://breaches.example/range/", "is not https"),
    ("BREACH_CHECK_URL", "https://breaches.example/range", "is not the beginning of a web address, up to a slash"),
    ("BREACH_CHECK_URL", "https://breaches.example/range/?of=/", "is not the beginning"),
    ("BREACH_CHECK_URL", "https://user:hunter2@breaches.example/", "is not the beginning"),
    ("BREACH_CHECK_URL", "https://[::1/", "is not the beginning"),
    ("BREACH_CHECK_URL", "https://a..example/", "is not the beginning"),
    ("BREACH_CHECK_URL", f"https://{'a' * 64}.example/", "is not the beginning"),
    ("METRICS_TOKEN", "fifteen-letters", "is too short"),
    ("METRICS_TOKEN", "a" * 16, "is not random"),
    ("METRICS_TOKEN", "sixteen letters and a space", "is too short, or holds a character"),
]


@pytest.mark.parametrize(("name", "value", "complaint"), REFUSED)
def test_a_wrong_value_is_refused_with_what_is_wrong(name: str, value: str, complaint: str) -> None:
    assert only_problem(program_of(name), **{name: value}).startswith(f"{name} {complaint}")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"MAIL_USE_SSL": "true"}, "MAIL_USE_TLS"),
        ({"MAIL_USERNAME": "u", "MAIL_PASSWORD": "p", "MAIL_USE_TLS": "false"}, "MAIL_USE_TLS"),
        ({"MAIL_PASSWORD": "p"}, "MAIL_USERNAME"),
        ({"MAIL_USERNAME": "u"}, "MAIL_PASSWORD"),
        (OAUTH | {"MAIL_PASSWORD": "p"}, "MAIL_PASSWORD"),
        (OAUTH | {"MAIL_USERNAME": ""}, "MAIL_OAUTH_ENDPOINT is set without MAIL_USERNAME"),
        (OAUTH | {"MAIL_OAUTH_CLIENT_ID": ""}, "MAIL_OAUTH_CLIENT_ID is missing"),
        (OAUTH | {"MAIL_OAUTH_CLIENT_SECRET": ""}, "and so is MAIL_OAUTH_CLIENT_SECRET"),
        (OAUTH | {"MAIL_OAUTH_ENDPOINT": "google"}, "MAIL_OAUTH_REFRESH_TOKEN is missing"),
        (OAUTH | {"MAIL_USE_TLS": "false"}, "MAIL_USE_TLS"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, str], named: str) -> None:
    assert named in only_problem(WorkerSettings, **settings)


@pytest.mark.parametrize("name", sorted({*ApiSettings.model_fields, *WorkerSettings.model_fields}))
def test_a_wrong_number_or_choice_is_refused_with_the_valid_ones(name: str) -> None:
    settings = program_of(name.upper())
    schema = settings.model_json_schema()["properties"][name]
    told = settings.model_fields[name].description or ""

    bounds = [str(schema[key]) for key in ("minimum", "maximum") if key in schema]
    choices = {"boolean": ["true", "false"]}.get(schema.get("type"), schema.get("enum", []))

    assert [bound for bound in bounds if not re.search(rf"\b{bound}\b", told)] == []
    assert [choice for choice in choices if f"`{choice}`" not in told] == []
