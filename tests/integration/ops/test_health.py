"""Health checks, documentation, pages, and the headers of every response."""

import pytest

from tests.conftest import MakeService
from tests.support.servers import RedisServer
from tests.support.service import Service


def test_a_live_process_says_ok(service: Service) -> None:
    assert service.client.get("/healthz").json == {"status": "ok"}


def test_ready_with_a_worker(service: Service) -> None:
    service.work()

    answer = service.client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_degraded_without_a_worker(service: Service) -> None:
    answer = service.client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"status": "degraded"})
    assert [event["probe"] for event in service.events("probe_failed")] == ["worker"]


def test_degraded_without_a_database_and_the_answer_does_not_say_which_part(
    make_service: MakeService, tmp_path_factory: pytest.TempPathFactory
) -> None:
    missing = tmp_path_factory.mktemp("none") / "no" / "folder.sqlite3"
    service = make_service(create_table=False, DATABASE_URL=f"sqlite:///{missing}")
    service.work()

    answer = service.client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"status": "degraded"})
    assert [event["probe"] for event in service.events("probe_failed")] == ["find_users"]


def test_unavailable_without_redis(make_service: MakeService, own_redis: RedisServer) -> None:
    service = make_service(REDIS_URL=own_redis.url)
    own_redis.stop()

    answer = service.client.get("/readyz")
    own_redis.start()

    assert (answer.status_code, answer.json) == (503, {"status": "unavailable"})


def test_frequent_readiness_checks_query_the_database_once_a_second(service: Service) -> None:
    for _ in range(5):
        service.client.get("/readyz")

    assert len(service.events("probe_failed")) == 1


def test_the_openapi_document_describes_every_operation_and_its_problems(service: Service) -> None:
    document = service.client.get("/openapi.json").json

    assert document is not None
    assert document["openapi"].startswith("3.1")
    operations = {(path, method) for path, item in document["paths"].items() for method in item}
    assert operations == {
        ("/forgot-password", "get"),
        ("/forgot-password", "post"),
        ("/reset-password", "get"),
        ("/reset-password", "post"),
        ("/reset-password/check", "post"),
        ("/password-policy", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
    }
    responses = document["paths"]["/reset-password"]["post"]["responses"]
    assert set(responses) == {"200", "400", "413", "415", "422", "429", "503"}
    assert list(responses["422"]["content"]) == ["application/problem+json"]
    assert "Problem" in document["components"]["schemas"]
    assert document["components"]["securitySchemes"] == {}


@pytest.mark.parametrize("path", ["/forgot-password", "/reset-password", "/docs"])
def test_a_page_loads_nothing_from_elsewhere_and_runs_no_inline_script(service: Service, path: str) -> None:
    answer = service.client.get(path)
    page = answer.get_data(as_text=True)

    assert answer.status_code == 200
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert "http://" not in page
    assert "https://" not in page
    assert "<script>" not in page
    assert "onclick" not in page


def test_the_files_of_the_pages_are_served(service: Service) -> None:
    paths = ["/static/latchkey.css", "/static/forgot.js", "/static/reset.js", "/static/rapidoc-min.js"]

    assert [service.client.get(path, buffered=True).status_code for path in paths] == [200] * 4


def test_no_response_repeats_a_header(service: Service) -> None:
    headers = service.client.get("/static/latchkey.css", buffered=True).headers

    assert headers.getlist("Cache-Control") == ["no-store"]


def test_the_pages_name_the_product_and_where_to_get_help(make_service: MakeService) -> None:
    service = make_service(PRODUCT_NAME="Bread & <Butter>", SUPPORT_EMAIL="help@example.com")

    page = service.client.get("/forgot-password").get_data(as_text=True)

    assert "Bread &amp; &lt;Butter&gt;" in page
    assert "mailto:help@example.com" in page


@pytest.mark.parametrize("path", ["/forgot-password", "/nothing-here", "/healthz"])
def test_every_response_has_the_security_headers(service: Service, path: str) -> None:
    headers = service.client.get(path).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_only_the_named_origins_may_read_answers(make_service: MakeService) -> None:
    service = make_service(CORS_ORIGINS="https://www.example.com, https://app.example.com")

    named = service.forgot("anna@example.com", headers={"Origin": "https://app.example.com"})
    other = service.forgot("anna@example.com", headers={"Origin": "https://evil.example"})

    assert named.headers["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Access-Control-Allow-Credentials" not in named.headers
    assert "Retry-After" in named.headers["Access-Control-Expose-Headers"]


def test_without_origins_no_other_site_may_read_answers(service: Service) -> None:
    answer = service.forgot("anna@example.com", headers={"Origin": "https://www.example.com"})

    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nothing-here", (404, "not_found")),
        ("DELETE", "/forgot-password", (405, "method_not_allowed")),
        ("GET", "/reset-password/check", (405, "method_not_allowed")),
        ("GET", "/static/../app.py", (404, "not_found")),
    ],
)
def test_unknown_paths_and_methods_get_a_problem_document(
    service: Service, method: str, path: str, expected: tuple[int, str]
) -> None:
    answer = service.client.open(path, method=method)

    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == expected


def test_the_root_path_redirects_to_the_page(service: Service) -> None:
    answer = service.client.get("/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "forgot-password")


def test_operations_without_input_document_no_input_errors(service: Service) -> None:
    document = service.client.get("/openapi.json").json

    assert document is not None
    assert set(document["paths"]["/healthz"]["get"]["responses"]) == {"200"}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("USERS_ID_COLUMN", "user_id", "no column user_id"),
        ("USERS_FILTER", "is_activ", "USERS_FILTER"),
        ("USERS_TABLE", "people", "no such table"),
    ],
)
def test_degraded_if_the_settings_do_not_match_the_table(
    make_service: MakeService, name: str, value: str, told: str
) -> None:
    make_service()
    service = make_service(create_table=False, **{name: value})
    service.work()

    assert service.client.get("/readyz").json == {"status": "degraded"}
    assert told in service.events("probe_failed")[0]["hint"]
