"""Templates of the operator's: what they change, and what ends the start."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.contextvars import clear_contextvars, get_contextvars

from api.app import create_app
from api.page_check import check_pages
from api.page_scripts import ids_asked_for
from api.settings import ApiSettings
from shared.environment import SettingsError
from tests.conftest import MakeService
from tests.integration.conftest import job
from tests.servers import free_port
from tests.unit.test_settings import WORKER
from worker.app import create_worker
from worker.mail_check import check_mails
from worker.settings import WorkerSettings

PROJECT = Path(__file__).parents[2]
PRODUCTION = (PROJECT / "docs/production.md").read_text(encoding="utf-8")
WORDS = re.findall(r"\*\*The words\.\*\*.*?\n## ", PRODUCTION, re.DOTALL)[0]
EXAMPLES = dict(
    zip(re.findall(r"[tT]his `([\w./]+)`", WORDS), re.findall(r"```\n(.*?)```", WORDS, re.DOTALL), strict=True)
)
ROWS = re.findall(r"^\| (all|`(?:pages|mails)/\S*`) \|(.*?)\|(.*)\|$", WORDS, re.MULTILINE)
Write = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Write files, by name and content, and return their folder."""

    def write(files: dict[str, str]) -> str:
        for name, content in files.items():
            file = tmp_path / "templates" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        return str(tmp_path / "templates")

    return write


def check_api(folder: str) -> None:
    check_pages(ApiSettings.load(WORKER | {"TEMPLATE_FOLDER": folder}))


def check_worker(folder: str) -> None:
    settings = WorkerSettings.load(WORKER | {"TEMPLATE_FOLDER": folder})
    check_mails(settings, create_worker(settings).flask)


def page(folder: str, path: str = "/forgot-password") -> str:
    return create_app(ApiSettings.load(WORKER | {"TEMPLATE_FOLDER": folder})).test_client().get(path).text


def problems(check: Callable[[str], None], folder: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        check(folder)
    return caught.value.problems


def test_a_page_of_the_folder_takes_the_place_of_ours(folder: Write) -> None:
    chosen = folder({"pages/docs.html": "Only {{ product }}."})

    check_api(chosen)
    assert page(chosen, "/docs") == "Only Latchkey."
    assert "Only" not in page(chosen)


@pytest.mark.parametrize("name", ["forgot.html", "layout.html"])
def test_a_template_can_extend_the_one_whose_place_it_takes(folder: Write, name: str) -> None:
    source = f'{{% extends "latchkey/{name}" %}}{{% block title %}}Ours{{% endblock %}}'

    chosen = folder({f"pages/{name}": source, "pages/docs.html": "{% extends 'layout.html' %}"})

    check_api(chosen)
    shown = page(chosen, {"forgot.html": "/forgot-password", "layout.html": "/docs"}[name])
    assert "<title>Ours" in shown
    assert 'href="/brand.css"' in shown


def test_a_layout_of_the_folder_holds_our_pages_too(folder: Write) -> None:
    chosen = folder({"pages/layout.html": "<main>{% block content %}{% endblock %}</main>"})

    assert page(chosen).startswith("<main>")
    assert 'id="forgot"' in page(chosen)


def test_mails_of_the_folder_are_sent(make_service: MakeService, folder: Write) -> None:
    files = {"mails/reset/subject.txt": "Key for {{ product }}", "mails/reset/body.txt": "{{ link }} is the link."}
    service = make_service(TEMPLATE_FOLDER=folder(files), PRODUCT_NAME="Acme")
    service.add_user("anna@example.com")

    token = service.link_for("anna@example.com")

    mail = service.relay.mails[-1][1]
    assert mail["Subject"] == "Key for Acme"
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.strip() == f"https://www.example.org/reset-password#token={token} is the link."
    assert mail.get_body(("html",))


def test_the_examples_of_the_documentation_do_what_they_say(make_service: MakeService, folder: Write) -> None:
    chosen = folder(EXAMPLES)
    check_api(chosen)
    check_worker(chosen)
    service = make_service(TEMPLATE_FOLDER=chosen)
    service.add_user("anna@example.com")
    assert service.reset(service.link_for("anna@example.com")).status_code == 200

    service.work()

    text = service.relay.mails[-1][1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert set(EXAMPLES) == {"mails/password_changed/body.txt", "pages/layout.html"}
    assert "password" in text
    assert text.splitlines()[-2:] == ["", "You can also ring us at any hour: +49 30 901820."]
    for path in ("/forgot-password", "/reset-password"):
        assert "Imprint</a>" in service.client.get(path).text


def test_what_a_template_puts_into_html_is_escaped_and_into_text_is_not(folder: Write) -> None:
    names = ("pages/forgot.html", "mails/password_changed/body.html", "mails/password_changed/body.txt")
    environ = WORKER | {"PRODUCT_NAME": "<b>Jerry", "TEMPLATE_FOLDER": folder(dict.fromkeys(names, "{{ product }}"))}
    worker = create_worker(WorkerSettings.load(environ))

    with worker.flask.app_context():
        mail = worker.delivery.notices.messages.password_changed(job())

    page = create_app(ApiSettings.load(environ)).test_client().get("/forgot-password").text
    assert (page, mail.html, mail.body) == ("&lt;b&gt;Jerry", "&lt;b&gt;Jerry", "<b>Jerry")


def test_untranslated_words_are_shown_as_they_are_written(folder: Write) -> None:
    chosen = folder({"pages/forgot.html": "{{ _('Words that no catalogue has, for %(name)s', name='you') }}"})

    assert page(chosen, "/forgot-password?locale=de") == "Words that no catalogue has, for you"


def test_without_a_folder_nothing_stands_before_our_templates() -> None:
    check_worker("")
    assert 'id="forgot"' in page("")


@pytest.mark.parametrize(
    ("check", "name", "told"),
    [
        (check_api, "pages/forgott.html", "Did you mean pages/forgot.html?"),
        (check_api, "pages/reset/body.html", "There are: pages/docs.html, pages/forgot.html, "),
        (check_api, "page/forgot.html", "Did you mean pages?"),
        (check_worker, "page/forgot.html", "Did you mean pages?"),
        (check_worker, "mails/reset/body.htm", "Did you mean mails/reset/body.html?"),
        (check_worker, "mails/password_change/body.txt", "Did you mean mails/password_changed?"),
        (check_worker, "mails/reset.html", "Did you mean mails/reset/body.html?"),
        (check_worker, "forgot.html", "takes the place of no template."),
    ],
)
def test_a_name_that_would_be_passed_over_is_told_with_the_one_that_was_meant(
    folder: Write, check: Callable[[str], None], name: str, told: str
) -> None:
    (problem,) = problems(check, folder({name: "text"}))

    assert problem.startswith("TEMPLATE_FOLDER holds ")
    assert problem.removeprefix("TEMPLATE_FOLDER holds ").split(",")[0] in name
    assert told in problem


@pytest.mark.parametrize(("check", "of_the_other"), [(check_api, "mails"), (check_worker, "pages")])
def test_each_program_leaves_the_others_part_to_it(
    folder: Write, check: Callable[[str], None], of_the_other: str
) -> None:
    check(folder({f"{of_the_other}/nonsense.html": "{% broken"}))


@pytest.mark.parametrize("name", [".DS_Store", "pages/.forgot.html.swp", "..data/forgott.html", ".git/HEAD"])
def test_what_begins_with_a_dot_is_passed_over(folder: Write, name: str) -> None:
    check_api(folder({name: "{% broken"}))


@pytest.mark.parametrize(
    ("check", "name", "source", "told"),
    [
        (check_api, "pages/reset.html", "\n\n{% if %}", "line 3: Expected an expression, got 'end of statement block'"),
        (check_api, "pages/forgot.html", "\n{{ prodct }}", "line 2: 'prodct' is undefined"),
        (
            check_api,
            "pages/forgot.html",
            '{% extends "latchkey/x.html" %}',
            "line 1: there is no template latchkey/x.html",
        ),
        (
            check_api,
            "pages/forgot.html",
            '{% include "../../forgot.html" %}',
            "line 1: there is no template ../../forgot",
        ),
        (check_api, "pages/forgot.html", '{% include "/etc/passwd" %}', "line 1: there is no template /etc/passwd"),
        (check_api, "pages/layout.html", '{% extends "layout.html" %}', "line 1: RecursionError, maximum"),
        (check_worker, "mails/reset/body.html", "{% block a %}", "line 1: Unexpected end of template"),
        (check_worker, "mails/reset/subject.txt", "{{ link.x.y }}", "line 1: 'str object' has no attribute 'x'"),
        (check_worker, "mails/password_changed/body.txt", "{{ link }}", "line 1: 'link' is undefined"),
        (check_worker, "mails/layout.html", "{{ 1 // 0 }}", "line 1: ZeroDivisionError, integer"),
        (check_api, "pages/forgot.html", "{{ _('%(who)s') }}", "line 1: KeyError, 'who'"),
    ],
)
def test_a_mistake_in_a_template_ends_the_start_with_file_and_line(
    folder: Write, check: Callable[[str], None], name: str, source: str, told: str
) -> None:
    (problem,) = problems(check, folder({name: source}))

    assert problem.startswith(f"TEMPLATE_FOLDER: {name}, {told}")
    assert problem.endswith(".")
    assert "\n" not in problem


def test_all_that_is_wrong_is_told_at_once(folder: Write) -> None:
    found = problems(check_worker, folder({"mails/reset/body.txt": "{% if", "mails/layout.html": "{{"}))

    assert [problem.split(",")[0] for problem in found] == [
        "TEMPLATE_FOLDER: mails/layout.html",
        "TEMPLATE_FOLDER: mails/reset/body.txt",
    ]


def test_a_template_that_is_no_text_is_told(folder: Write) -> None:
    chosen = folder({"pages/forgot.html": ""})
    Path(chosen, "pages/forgot.html").write_bytes(b"B\xfccher")

    assert problems(check_api, chosen) == ["TEMPLATE_FOLDER: pages/forgot.html is not text in UTF-8."]


@pytest.mark.parametrize("program", ["api", "worker"])
def test_a_program_does_not_start_with_a_folder_that_is_not_there(program: str, tmp_path: Path) -> None:
    environ = os.environ | WORKER | {"TEMPLATE_FOLDER": str(tmp_path / "nothing"), "PORT": str(free_port())}

    ended = subprocess.run([sys.executable, "-m", program], env=environ, capture_output=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert ended.stderr.decode() == (
        "Latchkey cannot start: 1 setting needs your attention.\n"
        "  - TEMPLATE_FOLDER names a folder that cannot be read (No such file or directory). Check its path.\n"
    )


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("One\n\nand two", "is not one line of plain text. Take out its line breaks."),
        ("One\u2028and two", "is not one line of plain text. Take out its line breaks."),
        ("{% if link is none %}Never{% endif %}\n", "is empty. Write a line."),
    ],
)
def test_a_subject_is_one_line(folder: Write, subject: str, told: str) -> None:
    (problem,) = problems(check_worker, folder({"mails/reset/subject.txt": subject}))

    assert problem == f"TEMPLATE_FOLDER: mails/reset/subject.txt {told}"


@pytest.mark.parametrize("part", ["body.txt", "body.html"])
@pytest.mark.parametrize(
    "source",
    ["Ask {{ support or 'us' }} for your link.", '{% extends "layout.html" %}', "{{ link|wordwrap(40) }}"],
)
def test_both_parts_of_the_reset_mail_hold_the_link(folder: Write, part: str, source: str) -> None:
    (problem,) = problems(check_worker, folder({f"mails/reset/{part}": source}))

    assert problem.startswith(f"TEMPLATE_FOLDER: mails/reset/{part}, or what it is made of, lacks the link. ")


def test_a_link_that_html_escapes_is_there(folder: Write) -> None:
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
def test_a_page_holds_what_its_script_asks_for(folder: Write, name: str, source: str, lacking: str) -> None:
    (problem,) = problems(check_api, folder({f"pages/{name}": source}))

    assert problem.startswith(f"TEMPLATE_FOLDER: pages/{name}, or what it is made of, lacks {lacking}")
    assert problem.endswith(f"Take it over from latchkey/{name}, or extend that.")


def test_what_the_scripts_ask_for_is_read_from_them() -> None:
    sections = {"paste", "reset", "dead", "done"}
    assert ids_asked_for("forgot.js") == {"again", "again-sent", "another", "ask", "email", "forgot", "sent", "typed"}
    assert ids_asked_for("reset.js") == sections | {
        *("caps", "choose", "follow", "length", "link", "maybe-set", "password", "show"),
    }


@pytest.mark.parametrize(
    ("check", "name", "block", "told"),
    [
        (check_api, "pages/layout.html", "fotter", "there is no block fotter. Did you mean footer?"),
        (check_worker, "mails/layout.txt", "x", "there is no block x. There are: content, headline, help, preheader."),
    ],
)
def test_a_block_that_no_template_shows_is_told_with_the_one_that_was_meant(
    folder: Write, check: Callable[[str], None], name: str, block: str, told: str
) -> None:
    original = name.partition("/")[2]
    source = f'{{% extends "latchkey/{original}" %}}\n{{% block {block} %}}{{% endblock %}}'

    assert problems(check, folder({name: source})) == [f"TEMPLATE_FOLDER: {name}, line 2: {told}"]


def test_a_layout_of_the_folder_may_bring_blocks_of_its_own(folder: Write) -> None:
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


def test_the_pages_end_in_one_footer_or_in_none(folder: Write) -> None:
    environ = WORKER | {"TEMPLATE_FOLDER": folder(EXAMPLES), "SUPPORT_EMAIL": "help@example.com"}

    shown = create_app(ApiSettings.load(environ)).test_client().get("/forgot-password").text

    assert shown.count("<footer>") == 1
    assert "help@example.com" in shown
    assert "<footer>" not in page("")


def named(cell: str) -> list[str]:
    """Return the names in a cell of the documentation's table, without what its parentheses say of them."""
    return re.findall(r"`(\w+)`", re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", cell))


def test_the_documentation_names_values_that_there_are(folder: Write) -> None:
    shown = {row[0]: "".join(f"{{{{ {name} }}}}" for name in named(row[2])) for row in ROWS}
    files = {
        "pages/docs.html": shown["all"] + shown["`pages/layout.html`"] + shown["`pages/docs.html`"],
        "pages/forgot.html": '{% include "latchkey/forgot.html" %}' + shown["`pages/forgot.html`"],
        "pages/reset.html": '{% include "latchkey/reset.html" %}' + shown["`pages/reset.html`"],
        "mails/reset/body.txt": '{% include "latchkey/reset/body.txt" %}' + shown["`mails/reset/`"],
        "mails/password_changed/body.txt": shown["all"] + shown["`mails/layout.html`"],
    }

    check_api(folder(files))
    check_worker(folder(files))
    assert len(ROWS) == 8


def test_the_documentation_names_every_block() -> None:
    documented = {row[0].strip("`"): set(named(row[1])) for row in ROWS}

    for part, program in {"pages": "api", "mails": "worker"}.items():
        for layout in (PROJECT / program / "templates").glob("layout.*"):
            blocks = re.findall(r"{% block (\w+)", layout.read_text(encoding="utf-8"))
            assert documented[f"{part}/{layout.name}"] == set(blocks)
