"""Operators' templates: what they change, and which mistakes stop the start."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.app import create_app
from api.settings.settings import ApiSettings
from tests.conftest import MakeService
from tests.integration.conftest import job
from tests.support.mails import text_of
from tests.support.servers import free_port
from tests.support.template_folder import EXAMPLES, Write, check_api, check_worker, page, problems
from tests.unit.settings.test_settings import WORKER
from worker.app import create_worker
from worker.settings.settings import WorkerSettings


def test_a_page_in_the_folder_replaces_the_built_in_one(folder: Write) -> None:
    chosen = folder({"pages/docs.html": "Only {{ product }}."})

    check_api(chosen)
    assert page(chosen, "/docs") == "Only Latchkey."
    assert "Only" not in page(chosen)


@pytest.mark.parametrize("name", ["forgot.html", "layout.html"])
def test_a_template_can_extend_the_one_it_replaces(folder: Write, name: str) -> None:
    source = f'{{% extends "latchkey/{name}" %}}{{% block title %}}Ours{{% endblock %}}'

    chosen = folder({f"pages/{name}": source, "pages/docs.html": "{% extends 'layout.html' %}"})

    check_api(chosen)
    shown = page(chosen, {"forgot.html": "/forgot-password", "layout.html": "/docs"}[name])
    assert "<title>Ours" in shown
    assert 'href="brand.css?v=' in shown


def test_a_layout_in_the_folder_applies_to_built_in_pages(folder: Write) -> None:
    chosen = folder({"pages/layout.html": "<main>{% block content %}{% endblock %}</main>"})

    assert page(chosen).startswith("<main>")
    assert 'id="forgot"' in page(chosen)


def test_mails_from_the_folder_are_sent(make_service: MakeService, folder: Write) -> None:
    files = {"mails/reset/subject.txt": "Key for {{ product }}", "mails/reset/body.txt": "{{ link }} is the link."}
    service = make_service(TEMPLATE_FOLDER=folder(files), PRODUCT_NAME="Acme")
    service.add_user("anna@example.com")

    token = service.link_for("anna@example.com")

    mail = service.relay.mails[-1][1]
    assert mail["Subject"] == "Key for Acme"
    text = text_of(mail)
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

    text = text_of(service.relay.mails[-1][1])
    assert set(EXAMPLES) == {"mails/password_changed/body.txt", "pages/layout.html"}
    assert "password" in text
    assert text.splitlines()[-2:] == ["", "You can also ring us at any hour: +49 30 901820."]
    for path in ("/forgot-password", "/reset-password"):
        assert "Imprint</a>" in service.client.get(path).text


def test_values_are_escaped_in_html_and_not_in_text(folder: Write) -> None:
    names = ("pages/forgot.html", "mails/password_changed/body.html", "mails/password_changed/body.txt")
    environ = WORKER | {"PRODUCT_NAME": "<b>Jerry", "TEMPLATE_FOLDER": folder(dict.fromkeys(names, "{{ product }}"))}
    worker = create_worker(WorkerSettings.load(environ))

    with worker.flask.app_context():
        mail = worker.intake.handlers.messages.password_changed(job())

    page = create_app(ApiSettings.load(environ)).test_client().get("/forgot-password").text
    assert (page, mail.html, mail.body) == ("&lt;b&gt;Jerry", "&lt;b&gt;Jerry", "<b>Jerry")


def test_untranslated_words_are_shown_as_they_are_written(folder: Write) -> None:
    chosen = folder({"pages/forgot.html": "{{ _('Words that no catalogue has, for %(name)s', name='you') }}"})

    assert page(chosen, "/forgot-password?locale=de") == "Words that no catalogue has, for you"


@pytest.mark.parametrize(
    ("check", "name", "told"),
    [
        (check_api, "pages/forgott.html", "Did you mean pages/forgot.html?"),
        (check_api, "pages/reset/body.html", "Did you mean pages/reset.html?"),
        (check_api, "pages/favicon.ico", "Known names: pages/docs.html, pages/error.html, "),
        (check_api, "pages/docs.html/index.html", "Did you mean pages/docs.html?"),
        (check_api, "words/forgot.html", "Known names: mails, pages, pages/docs.html, "),
        (check_api, "page/forgot.html", "Did you mean pages?"),
        (check_worker, "page/forgot.html", "Did you mean pages?"),
        (check_worker, "mails/reset/body.htm", "Did you mean mails/reset/body.html?"),
        (check_worker, "mails/password_change/body.txt", "Did you mean mails/password_changed?"),
        (check_worker, "mails/reset.html", "Did you mean mails/reset/body.html?"),
        (check_worker, "forgot.html", "replaces no template."),
    ],
)
def test_an_unknown_file_name_is_reported_with_a_suggestion(
    folder: Write, check: Callable[[str], None], name: str, told: str
) -> None:
    (problem,) = problems(check, folder({name: "text"}))

    assert problem.startswith("TEMPLATE_FOLDER contains ")
    assert problem.removeprefix("TEMPLATE_FOLDER contains ").split(",")[0] in name
    assert told in problem


@pytest.mark.parametrize(("check", "of_the_other"), [(check_api, "mails"), (check_worker, "pages")])
def test_each_program_checks_only_its_own_templates(
    folder: Write, check: Callable[[str], None], of_the_other: str
) -> None:
    check(folder({f"{of_the_other}/nonsense.html": "{% broken"}))


@pytest.mark.parametrize("name", [".DS_Store", "pages/.forgot.html.swp", "..data/forgott.html", ".git/HEAD"])
def test_hidden_files_are_ignored(folder: Write, name: str) -> None:
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
        (check_worker, "mails/layout.html", "{{ 1 // 0 }}", "line 1: ZeroDivisionError, "),
        (check_api, "pages/forgot.html", "{{ _('%(who)s') }}", "line 1: KeyError, 'who'"),
    ],
)
def test_a_mistake_in_a_template_stops_the_start_with_file_and_line(
    folder: Write, check: Callable[[str], None], name: str, source: str, told: str
) -> None:
    (problem,) = problems(check, folder({name: source}))

    assert problem.startswith(f"TEMPLATE_FOLDER: {name}, {told}")
    assert problem.endswith(".")
    assert "\n" not in problem


def test_all_mistakes_are_reported_at_once(folder: Write) -> None:
    found = problems(check_worker, folder({"mails/reset/body.txt": "{% if", "mails/layout.html": "{{"}))

    assert [problem.split(",")[0] for problem in found] == [
        "TEMPLATE_FOLDER: mails/layout.html",
        "TEMPLATE_FOLDER: mails/reset/body.txt",
    ]


def test_a_template_that_is_not_text_is_reported(folder: Write) -> None:
    chosen = folder({"pages/forgot.html": ""})
    Path(chosen, "pages/forgot.html").write_bytes(b"B\xfccher")

    assert problems(check_api, chosen) == ["TEMPLATE_FOLDER: pages/forgot.html is not text in UTF-8."]


@pytest.mark.slow
@pytest.mark.parametrize("program", ["api", "worker"])
def test_a_program_does_not_start_with_a_missing_folder(program: str, tmp_path: Path) -> None:
    environ = os.environ | WORKER | {"TEMPLATE_FOLDER": str(tmp_path / "nothing"), "PORT": str(free_port())}

    ended = subprocess.run([sys.executable, "-m", program], env=environ, capture_output=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert ended.stderr.decode() == (
        "Latchkey cannot start: 1 setting needs your attention.\n"
        "  - TEMPLATE_FOLDER names a folder that cannot be read (No such file or directory). Check its path.\n"
    )
