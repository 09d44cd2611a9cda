"""docs/integrate.md matches the code: error codes, statuses, reasons, headers, settings."""

import re

from api.reset.policy_view import REASONS
from api.settings.settings import ApiSettings
from dev.tools.openapi_document import with_errors
from shared.log import _REQUEST_ID
from tests.conftest import MakeService
from tests.frontends.guide import GUIDE, examples, rows
from tests.support.service import Service
from worker.settings.settings import WorkerSettings

ORIGIN = "https://www.example.com"


def test_the_errors_of_the_guide_are_those_that_the_api_answers_with() -> None:
    assert with_errors(GUIDE) == GUIDE, "make client"
    assert all(when and shown for _, _, when, shown in rows("code"))


def test_a_change_of_an_error_changes_the_guide_and_keeps_its_advice() -> None:
    changed = GUIDE.replace("| `not_found` | 404 | The path does not", "| `not_found` | 410 | The path did not")

    assert changed != GUIDE
    assert with_errors(changed) == GUIDE


def test_every_code_of_the_document_stands_in_the_guide(service: Service) -> None:
    document = service.client.get("/openapi.json").get_data(as_text=True)

    promised = set(re.findall(r'"const":\s*"(\w+)"', document))

    assert len(promised) == 7
    assert promised <= {row[0].strip("`") for row in rows("code")}


def test_every_reason_stands_in_the_guide_with_the_sentence_of_the_api() -> None:
    assert {code.strip("`"): text for code, text in rows("reason")} == {
        code: str(text) for code, text in REASONS.items()
    }


def test_the_headers_that_the_guide_lets_scripts_read_and_send_are_those_of_cors(make_service: MakeService) -> None:
    service = make_service(CORS_ORIGINS=ORIGIN)
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}

    answered = service.forgot("anna@example.com", headers={"Origin": ORIGIN}).headers
    allowed = service.client.options("/forgot-password", headers=asks | {"X-Request-ID": "x"}).headers
    said = re.search(
        r"CORS allows (.*?), and (.*?)\. Your script can read (.*?) of the answer", GUIDE.replace("\n", " ")
    )

    assert said
    exposed, methods = answered["Access-Control-Expose-Headers"], allowed["Access-Control-Allow-Methods"]
    assert re.findall(r"`([\w-]+)`", said[3]) == exposed.split(", ")
    assert set(re.findall(r"`([\w-]+)`", said[1])) == set(methods.split(", "))
    assert "Access-Control-Allow-Credentials" not in answered
    for name in re.findall(r"`([\w-]+)`", said[2]):
        preflight = service.client.options(
            "/forgot-password", headers=asks | {"Access-Control-Request-Headers": name.lower()}
        )
        assert preflight.headers["Access-Control-Allow-Headers"].lower() == name.lower()


def test_every_setting_that_is_named_exists() -> None:
    known = {name.upper() for settings in (ApiSettings, WorkerSettings) for name in settings.model_fields}
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)\b", GUIDE)) - {"LATCHKEY_FRONTEND"}

    assert len(named) > 3
    assert sorted(named - known) == []


def test_a_request_id_may_be_what_the_guide_says() -> None:
    assert "an id of at most 64 letters, digits, `.`, `_` and `-`" in GUIDE
    assert _REQUEST_ID.pattern == "[A-Za-z0-9._-]{1,64}"


def test_the_texts_of_the_example_are_those_of_the_table() -> None:
    ours = re.findall(r'^  (\w+): "(.*)",$', examples()["latchkey.js"], re.MULTILINE)

    assert [code for code, _ in ours] == ["invalid_request", "unreachable"]
    assert all(f'"{text}"' in GUIDE.split("## Every error")[1] for _, text in ours)
