"""The server-side example of docs/integrate.md, run as published."""

import json
from pathlib import Path
from types import ModuleType

import pytest

from shared.redis_keys import Key
from tests.frontends.conftest import Api, MakeApi
from tests.frontends.guide import example
from tests.frontends.node import Node
from tests.frontends.origin import origin
from tests.support.servers import free_port
from tests.support.service import NEW_PASSWORD

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
VISITOR = ("de", "192.0.2.1", BROWSER)


def server_side(address: str) -> ModuleType:
    module = ModuleType("latchkey")
    exec(compile(example("latchkey.py", address), "docs/integrate.md", "exec"), module.__dict__)  # noqa: S102 - our code
    return module


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api(TRUSTED_PROXIES="1", FORGOT_LIMIT_PER_IP="1/hour")


def test_each_visitor_has_limits_of_its_own(api: Api) -> None:
    latchkey = server_side(api.url)

    first = latchkey.forgot("anna@example.com", *VISITOR)
    again = latchkey.forgot("anna@example.com", *VISITOR)
    other = latchkey.forgot("berta@example.com", "en", "192.0.2.2", BROWSER)

    assert first["ok"]
    assert (again["ok"], again["code"]) == (False, "rate_limited")
    assert 0 < again["retry_after"] <= 3600
    said = "If there is an account for this address, you'll get an email with a link in a moment."
    assert other == {"ok": True, "message": said}


def test_the_job_names_the_visitor_and_not_the_server(api: Api) -> None:
    server_side(api.url).forgot("anna@example.com", *VISITOR)

    (entry,) = api.service.redis.hvals(Key.JOBS)
    job = json.loads(entry)
    assert (job["client"], job["locale"], job["browser"]) == ("192.0.2.0/24", "de", "Firefox")


def test_a_new_password_is_set_and_a_refusal_has_its_reasons(api: Api) -> None:
    latchkey = server_side(api.url)
    api.service.add_user("anna@example.com")
    token = api.service.link_for("anna@example.com")

    weak = latchkey.reset(token, "short", *VISITOR)
    done = latchkey.reset(token, NEW_PASSWORD, *VISITOR)
    dead = latchkey.reset(token, NEW_PASSWORD, *VISITOR)

    assert (weak["code"], weak["reasons"]) == ("weak_password", ["too_short"])
    assert done["ok"]
    assert dead["code"] == "invalid_or_expired_token"


def test_no_answer_and_somebody_elses_page_are_unreachable(tmp_path: Path) -> None:
    closed = server_side(f"http://127.0.0.1:{free_port()}").forgot("anna@example.com", *VISITOR)
    with origin(tmp_path) as elsewhere:
        page = server_side(elsewhere).forgot("anna@example.com", *VISITOR)

    assert (closed["ok"], closed["code"]) == (False, "unreachable")
    assert (page["ok"], page["code"]) == (False, "unreachable")


def test_the_typescript_example_has_no_type_error(node: Node) -> None:
    from dev.tools.typescript_client import CLIENT

    node.write("latchkey.ts", CLIENT.read_text(encoding="utf-8"))
    node.write("forgot.ts", example("forgot.ts", "https://id.example.com"))

    assert node.check_types("forgot.ts") == ""
