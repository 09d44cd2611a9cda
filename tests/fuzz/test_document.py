"""The OpenAPI document against a running API: no 5xx, and no undocumented response."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from shared.tokens import Tokens
from tests.conftest import MakeService
from tests.e2e.demo import fetch
from tests.support.metrics import BEARER, TOKEN, counted, parsed
from tests.support.servers import RedisServer, free_port, wait_until
from tests.support.service import SECRET, Service

CONFIG = Path(__file__).with_name("schemathesis.toml")
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PROBLEM = {"$ref": "#/components/schemas/Problem"}
# Metrics are for operators and left out of the OpenAPI document. Without the token, the endpoint is a 404.
METRICS = {
    "/metrics": {
        "get": {
            "parameters": [{"in": "header", "name": "Authorization", "schema": {"type": "string"}}],
            "responses": {
                "200": {"description": "", "content": {"text/plain": {"schema": {"type": "string"}}}},
                "404": {"description": "", "content": {"application/problem+json": {"schema": PROBLEM}}},
                "503": {"description": "", "content": {"application/problem+json": {"schema": PROBLEM}}},
            },
        }
    }
}
DAY = 86400
LINKS = 50
BRIEFLY = ("--phases", "examples,coverage")
WIDE = dict.fromkeys(["FORGOT_LIMIT_PER_IP", "RESET_LIMIT_PER_IP", "RESET_LIMIT_PER_LINK"], "1000000/minute")
NARROW = {"FORGOT_LIMIT_PER_IP": "1/day", "RESET_LIMIT_PER_IP": "1/day"}


def metrics_of(api: "Api") -> str:
    """Return the metrics, retrying while a busy Redis exceeds the API's timeout of a fifth of a second."""
    wait_until(lambda: api.get("/metrics")[0] == 200, "no metrics were returned", 10)
    return str(api.get("/metrics")[1])


class Api:
    """`python -m api` in its own process, with a link for each of its users."""

    def __init__(self, service: Service, folder: Path) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._folder = folder
        shutil.copy(CONFIG, folder)
        (folder / "tokens").write_text("".join(f'"{token}"\n' for token in links(service)))
        environ = {**os.environ, **service.environ, "PORT": str(port)}
        self._process = subprocess.Popen([sys.executable, "-m", "api"], env=environ, stderr=subprocess.DEVNULL)

    def get(self, path: str) -> tuple[int, str]:
        status, body, _ = fetch(f"{self._url}{path}", headers=BEARER)
        return status, body.decode()

    def answers(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def document(self) -> Any:
        """Return the OpenAPI document with the metrics endpoint added."""
        document = json.loads(self.get("/openapi.json")[1])
        document["paths"] |= METRICS
        return document

    def examine(self, *options: str) -> None:
        """Run schemathesis on the document and assert that it finds nothing."""
        complaints = self.complaints(self.document(), *options)
        assert not complaints, complaints

    def complaints(self, document: Any, *options: str) -> str:
        """Return schemathesis' complaints about a document; the profile sets the number of examples."""
        (self._folder / "openapi.json").write_text(json.dumps(document))
        profile = settings.default
        assert profile
        chosen = ["--max-examples", str(profile.max_examples // 5), "--no-color", *options]
        if profile.derandomize:
            chosen.append("--generation-deterministic")
        command = [str(SCHEMATHESIS), "--config-file", CONFIG.name, "run", "openapi.json", "--url", self._url, *chosen]
        ended = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)
        return ended.stdout + ended.stderr if ended.returncode else ""


def links(service: Service) -> list[str]:
    """Add users, and return a link's token for each."""
    tokens = Tokens([SECRET], DAY)
    addresses = [f"user{number}@example.com" for number in range(LINKS)]
    hashes = [service.add_user(address) for address in addresses]
    users = enumerate(zip(hashes, addresses, strict=True), 1)
    return [tokens.issue(str(number), stored, address) for number, (stored, address) in users]


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(make_service: MakeService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeApi]:
    with ExitStack() as ends:

        def make(**environ: str) -> Api:
            fixed = {"METRICS_TOKEN": TOKEN, "BCRYPT_ROUNDS": "10", "RESET_TOKEN_MAX_AGE": str(DAY)}
            api = Api(make_service(**fixed, **environ), tmp_path_factory.mktemp("document"))
            ends.callback(api.stop)
            wait_until(api.answers, "the API did not start", 30)
            return api

        yield make


def test_every_answer_is_one_that_the_document_knows(make_api: MakeApi) -> None:
    api = make_api(**WIDE)

    api.examine()

    # The examples were not only refusals.
    counts = counted(parsed(metrics_of(api)))
    assert counts["resets_confirmed"]
    assert counts["requests_accepted"]
    assert counts["resets_refused:link"]


def test_the_document_knows_the_answers_to_a_client_that_asks_too_often(make_api: MakeApi) -> None:
    api = make_api(**NARROW)

    api.examine(*BRIEFLY)

    assert counted(parsed(metrics_of(api)))["resets_limited:client"]


def test_the_document_knows_the_answers_while_redis_is_away(make_api: MakeApi, own_redis: RedisServer) -> None:
    api = make_api(REDIS_URL=own_redis.url, **WIDE)
    own_redis.stop()
    try:
        # 503 is the expected response here.
        api.examine("--exclude-checks", "not_a_server_error", *BRIEFLY)
        assert api.get("/readyz")[0] == 503
    finally:
        own_redis.start()


def test_a_document_that_omits_a_response_is_detected(make_api: MakeApi) -> None:
    api = make_api(**WIDE)
    document = api.document()
    del document["paths"]["/reset-password"]["post"]["responses"]["422"]

    assert "Received: 422" in api.complaints(document, "--include-path", "/reset-password", *BRIEFLY)
