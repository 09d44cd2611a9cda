"""What templates of pages and emails must contain, and what the documentation says about them."""

import re
from collections.abc import Callable

import pytest
from structlog.contextvars import clear_contextvars, get_contextvars

from api.app import create_app
from api.settings.settings import ApiSettings
from api.start_checks import NEEDED_IDS
from tests.support.template_folder import EXAMPLES, PROJECT, ROWS, Write, check_api, check_worker, page, problems
from tests.unit.settings.test_settings import WORKER
from worker.app import create_worker
from worker.mails.check import check_mails
from worker.settings.settings import WorkerSettings


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("One\n\nand two", "is not one line of plain text. Remove its line breaks."),
        ("One\u2028and two", "is not one line of plain text. Remove its line breaks."),
        ("{% if link is none %}Never{% endif %}\n", "is empty. Write one line."),
    ],
)
def test_a_subject_is_one_line(folder: Write, subject: str, told: str) -> None:
    (problem,) = problems(check_worker, folder({"mails/reset/subject.txt": subject}))

    assert problem == f"TEMPLATE_FOLDER: mails/reset/subject.txt {told}"


@pytest.mark.parametrize("mail", ["reset", "first_password"])
@pytest.mark.parametrize("part", ["body.txt", "body.html"])
@pytest.mark.parametrize(
    "source",
    ["Ask {{ support or 'us' }} for your link.", '{% extends "layout.html" %}', "{{ link|wordwrap(40) }}"],
)
def test_both_parts_of_a_mail_with_a_link_hold_it(folder: Write, mail: str, part: str, source: str) -> None:
    (problem,) = problems(check_worker, folder({f"mails/{mail}/{part}": source}))

    assert problem.startswith(f"TEMPLATE_FOLDER: mails/{mail}/{part}, or a template that it uses, lacks the link. ")


def test_a_link_escaped_for_html_is_recognised(folder: Write) -> None:
    chosen = folder({"mails/reset/body.html": '<a href="{{ link }}">Here</a>'})
    environ = WORKER | {"RESET_URL": "https://www.example.org/?a=1&token={token}", "TEMPLATE_FOLDER": chosen}
    settings = WorkerSettings.load(environ)

    check_mails(settings, create_worker(settings).flask)


@pytest.mark.parametrize(
    ("name", "source", "lacking"),
    [
        ("forgot.html", "Ring us.", 'the script forgot.js, id="again", id="again-sent", id="another", id="ask", '),
        (
            "forgot.html",
            '{% extends "latchkey/forgot.html" %}{% block scripts %}{% endblock %}',
            "the script forgot.js,",
        ),
        (
            "reset.html",
            '{% extends "latchkey/reset.html" %}{% block content %}{% endblock %}',
            'id="caps", id="choose", ',
        ),
    ],
)
def test_a_page_must_have_the_elements_that_its_script_uses(
    folder: Write, name: str, source: str, lacking: str
) -> None:
    (problem,) = problems(check_api, folder({f"pages/{name}": source}))

    assert problem.startswith(f"TEMPLATE_FOLDER: pages/{name}, or a template that it uses, lacks {lacking}")
    assert problem.endswith(f"Copy it from latchkey/{name}, or extend that.")


def ids_in(script: str) -> set[str]:
    """Return the IDs that a script and its imports look up."""
    source = (PROJECT / "api/pages/static" / script).read_text(encoding="utf-8")
    # show() and end() take the ID of a section.
    found = set(re.findall(r'\b(?:byId|show|end)\("([\w-]+)"', source))
    return found.union(*map(ids_in, re.findall(r'from "\./([\w.-]+)"', source)))


def test_the_required_ids_of_a_page_are_those_that_its_script_looks_up() -> None:
    assert {page: sorted(needed) for page, needed in NEEDED_IDS.items()} == {
        page: sorted(ids_in(f"{page}.js")) for page in ("forgot", "reset")
    }


@pytest.mark.parametrize(
    ("check", "name", "block", "told"),
    [
        (check_api, "pages/layout.html", "fotter", "there is no block fotter. Did you mean footer?"),
        (
            check_worker,
            "mails/layout.txt",
            "x",
            "there is no block x. Known names: content, headline, help, preheader.",
        ),
    ],
)
def test_an_unknown_block_is_reported_with_a_suggestion(
    folder: Write, check: Callable[[str], None], name: str, block: str, told: str
) -> None:
    original = name.partition("/")[2]
    source = f'{{% extends "latchkey/{original}" %}}\n{{% block {block} %}}{{% endblock %}}'

    assert problems(check, folder({name: source})) == [f"TEMPLATE_FOLDER: {name}, line 2: {told}"]


def test_a_layout_in_the_folder_may_define_its_own_blocks(folder: Write) -> None:
    check_api(
        folder(
            {
                "pages/layout.html": '{% extends "latchkey/layout.html" %}'
                "{% block footer %}{% block imprint %}{% endblock %}{% endblock %}",
                "pages/docs.html": '{% extends "layout.html" %}{% block imprint %}Imprint{% endblock %}',
            }
        )
    )


def test_the_check_leaves_no_request_in_the_log(folder: Write) -> None:
    clear_contextvars()

    check_api(folder(EXAMPLES))

    assert get_contextvars() == {}


def test_a_page_has_one_footer_or_none(folder: Write) -> None:
    environ = WORKER | {"TEMPLATE_FOLDER": folder(EXAMPLES), "SUPPORT_EMAIL": "help@example.com"}

    shown = create_app(ApiSettings.load(environ)).test_client().get("/forgot-password").text

    assert shown.count("<footer>") == 1
    assert "help@example.com" in shown
    assert "<footer>" not in page("")


def named(cell: str) -> list[str]:
    """Return the names in a cell of the documentation's table, without the remarks in parentheses."""
    return re.findall(r"`(\w+)`", re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", cell))


def test_the_documented_values_exist(folder: Write) -> None:
    shown = {row[0]: "".join(f"{{{{ {name} }}}}" for name in named(row[2])) for row in ROWS}
    files = {
        "pages/docs.html": shown["all"] + shown["`pages/layout.html`"] + shown["`pages/docs.html`"],
        "pages/forgot.html": '{% include "latchkey/forgot.html" %}' + shown["`pages/forgot.html`"],
        "pages/error.html": shown["`pages/error.html`"],
        "pages/reset.html": '{% include "latchkey/reset.html" %}' + shown["`pages/reset.html`"],
        "mails/reset/body.txt": '{% include "latchkey/reset/body.txt" %}' + shown["`mails/reset/`"],
        "mails/first_password/body.txt": '{% include "latchkey/first_password/body.txt" %}'
        + shown["`mails/first_password/`"],
        "mails/link.html": '{% include "latchkey/link.html" %}' + shown["`mails/link.html`"],
        "mails/password_changed/body.txt": shown["all"] + shown["`mails/layout.html`"],
    }

    check_api(folder(files))
    check_worker(folder(files))
    assert len(ROWS) == 11


def test_the_documentation_names_every_block() -> None:
    documented = {row[0].strip("`"): set(named(row[1])) for row in ROWS}

    for part, program in {"pages": "api/pages", "mails": "worker/mails"}.items():
        for layout in (PROJECT / program / "templates").glob("layout.*"):
            blocks = re.findall(r"{% block (\w+)", layout.read_text(encoding="utf-8"))
            assert documented[f"{part}/{layout.name}"] == set(blocks)


def test_without_a_folder_only_the_built_in_templates_are_searched() -> None:
    check_worker("")
    assert 'id="forgot"' in page("")
