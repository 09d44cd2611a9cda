"""USERS_FILTER is one condition: it cannot end the parentheses around it, or hide what comes after them."""

import pytest

from api.settings.settings import ApiSettings
from tests.unit.settings.test_settings import SHARED, only_problem

SQLITE = "sqlite:////srv/users.db"
BOTH = [
    "is_active",
    "is_active AND deleted_at IS NULL",
    "(is_active OR (role = 'admin')) AND NOT (banned)",
    "name <> 'a;b -- c /* d */ (('",
    "name = 'it''s (not) over'",
    "name = ''",
    "name LIKE '100\\%' ESCAPE '\\'",
    '"select" = 1 AND "a "" b; --" = 2',
    "coalesce(lower(trim(status)), '') IN ('active', 'trial')",
    "id IN (SELECT user_id FROM members WHERE (left_at IS NULL))",
    "NOT EXISTS (SELECT 1 FROM bans b WHERE b.user_id = users.id)",
    "CASE WHEN kind = 'guest' THEN 0 ELSE is_active END = 1",
    "balance - -1 > 0",
    "a / b * c % d < 1",
    "größe = 'Ä' AND 名前 IS NOT NULL",
    "email NOT LIKE '%@example.com'",
    "is_active\n  AND confirmed",
    "CAST(flags AS INTEGER) & 4 = 0",
]
OF_POSTGRESQL = [
    "status::text = 'active'",
    "profile ->> 'state' = 'active' AND profile #>> '{a,b}' = 'c' AND profile @> '{\"a\": [1]}'",
    "profile ? 'key' AND profile ?| ARRAY['a', 'b)']",
    "roles[1] = 'user' AND roles[1:2] @> ARRAY['x']",
    "name = E'it\\'s (a' AND note = e'\\\\'",
    "name = E'a'\n'\\') OR (1=1 '",
    "name = $$it's ( ; -- $$ OR name = $tag$ $$ ' $tag$",
    "a$b = 1 AND c$1$ = 2",
    "name = U&'\\0441' AND bits = B'01' AND created > date '2026-01-01'",
    "created_at > now() - interval '1 day' AND tags && '{a}'::text[]",
]
OF_SQLITE = [
    "[is active)] = 1",
    "`is ``active` = 1",
    "\"a'b\" = 'c'",
    "json_extract(profile, '$.state') = 'active'",
    "name GLOB '[a-z]*'",
]
HOSTILE = [
    ("is_active) OR (1=1", "closes a parenthesis"),
    (")", "closes a parenthesis"),
    ("f(a))((", "closes a parenthesis"),
    ("'(' = name) OR (1=1", "closes a parenthesis"),
    ('"(" = 1) OR (1=1', "closes a parenthesis"),
    ("name = 'it''s') OR ('a' = 'a'", "closes a parenthesis"),
    ("(is_active", "opens a parenthesis"),
    ("is_active AND (a OR (b)", "opens a parenthesis"),
    ("is_active /*", "holds a comment"),
    ("is_active --", "holds a comment"),
    ("is_active -- )", "holds a comment"),
    ("is_active /* all /* of */ them */", "holds a comment"),
    ("is_active */", "holds a comment"),
    ("a --1", "holds a comment"),
    ("is_active;", "holds `;`"),
    ("is_active; DROP TABLE users", "holds `;`"),
    ("name = 'Anna", "opens a quote"),
    ("name = 'it's'", "opens a quote"),
    ("name = '''", "opens a quote"),
    ('"name = 1', "opens a quote"),
]
HOSTILE_TO_POSTGRESQL = [
    ("name = $$Anna", "opens a quote"),
    ("name = $a$ $$ $b$", "opens a quote"),
    ("name = $a$ ' $a$) OR (1=1", "closes a parenthesis"),
    ("name = E'\\') OR (1=1", "opens a quote"),
    ("name = E'\\\\') OR (1=1", "closes a parenthesis"),
    ("name = E'a''b\\'", "opens a quote"),
    ("name = E'a'\n'\\') OR (1=1", "opens a quote"),
    ("name = typeE'\\') OR (1=1 --'", "closes a parenthesis"),
    ("name = $1", "holds a placeholder"),
]
HOSTILE_TO_SQLITE = [
    ("[is_active", "opens a quote"),
    ("`is_active", "opens a quote"),
    ("['] = 1) OR (1=1 OR [']", "closes a parenthesis"),
    ("`'` = 1) OR (1=1 OR `'`", "closes a parenthesis"),
    ("name = E'\\') OR (1=1 OR ''='", "closes a parenthesis"),
    ("name = $$') OR ('$$", "holds a placeholder"),
    ("id = ?", "holds a placeholder"),
    ("id = :typed", "holds a placeholder"),
    ("id = @typed", "holds a placeholder"),
]
TAKEN = [
    *((SHARED["DATABASE_URL"], condition) for condition in BOTH + OF_POSTGRESQL),
    *((SQLITE, condition) for condition in BOTH + OF_SQLITE),
]
REFUSED = [
    *((SHARED["DATABASE_URL"], *case) for case in HOSTILE + HOSTILE_TO_POSTGRESQL),
    *((SQLITE, *case) for case in HOSTILE + HOSTILE_TO_SQLITE),
]


@pytest.mark.parametrize(("url", "condition"), TAKEN)
def test_a_condition_is_taken_as_it_is(url: str, condition: str) -> None:
    assert ApiSettings.load(SHARED | {"DATABASE_URL": url, "USERS_FILTER": condition}).users_filter == condition


@pytest.mark.parametrize(("url", "condition", "complaint"), REFUSED)
def test_a_condition_that_changes_the_statement_is_refused(url: str, condition: str, complaint: str) -> None:
    problem = only_problem(ApiSettings, DATABASE_URL=url, USERS_FILTER=condition)

    assert problem.startswith(f"USERS_FILTER {complaint}")


def test_a_condition_is_not_judged_without_the_address_that_says_whose_sql_it_is() -> None:
    assert "DATABASE_URL" in only_problem(ApiSettings, DATABASE_URL="oracle://db/app", USERS_FILTER="is_active")
