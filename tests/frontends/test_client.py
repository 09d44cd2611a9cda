"""clients/typescript/latchkey.ts matches the OpenAPI document, and is valid TypeScript."""

import json
import shutil

from dev.tools.typescript_client import CLIENT, client, document
from tests.frontends.conftest import MakeApi
from tests.frontends.node import FOLDER, Node
from tests.support.servers import free_port

DECLARATION = "declare const process: { argv: string[] };\n"
OLD = "delete AbortSignal.timeout; delete AbortSignal.any; delete AbortSignal.prototype.throwIfAborted;\n"


def test_the_client_is_the_one_that_the_document_makes() -> None:
    assert CLIENT.read_text(encoding="utf-8") == client(document()), "make client"


def test_a_change_of_the_document_changes_the_client() -> None:
    changed = document()
    changed["components"]["schemas"]["LinkProblem"]["properties"]["code"]["const"] = "another_code"

    assert '"another_code"' in client(changed)


def test_the_client_needs_nothing_else() -> None:
    text = CLIENT.read_text(encoding="utf-8")

    assert "import " not in text
    assert "require(" not in text


def test_missing_and_misspelt_names_are_type_errors(node: Node) -> None:
    for file in (CLIENT, FOLDER / "usage.ts"):
        shutil.copy(file, node.folder)

    assert node.check_types("usage.ts") == ""


def test_a_type_error_that_is_not_expected_is_found(node: Node) -> None:
    shutil.copy(CLIENT, node.folder)
    node.write("wrong.ts", 'import { Latchkey } from "./latchkey";\nnew Latchkey(1);\n')

    assert "wrong.ts(2,14): error TS2345" in node.check_types("wrong.ts")


def test_the_client_goes_through_the_whole_story_in_node(node: Node, make_api: MakeApi) -> None:
    api = make_api(FORGOT_LIMIT_PER_IP="2/hour")
    api.service.add_user("anna@example.com")
    token = api.service.link_for("anna@example.com")
    shutil.copy(CLIENT, node.folder)
    node.write("story.ts", DECLARATION + (FOLDER / "story.ts").read_text(encoding="utf-8"))

    assert node.check_types("story.ts") == ""
    node.write("old.mjs", OLD)
    node.write("main.ts", 'import "./old.mjs";\nimport "./story";\n')
    program = node.bundle("main.ts", "--platform=node", "--target=node20")
    found = json.loads(node.run(program, api.url, token, "none", f"http://127.0.0.1:{free_port()}"))

    assert {name: outcome["code"] for name, outcome in found.items() if name != "aborted"} == {
        "policy": "ok",
        "invalid": "invalid_request",
        "accepted": "ok",
        "dead": "invalid_or_expired_token",
        "good": "ok",
        "weak": "weak_password",
        "done": "ok",
        "used": "invalid_or_expired_token",
        "limited": "rate_limited",
        "unreachable": "unreachable",
        "elsewhere": "unexpected",
        "late": "unreachable",
    }
    assert found["policy"]["value"]["min_length"] == 15
    assert found["good"]["value"]["expires_at"].endswith("Z")
    assert found["weak"]["reasons"] == ["too_short"]
    assert 0 < found["limited"]["retryAfter"] <= 3600
    assert found["elsewhere"]["status"] == 404
    assert found["aborted"] == "AbortError"
