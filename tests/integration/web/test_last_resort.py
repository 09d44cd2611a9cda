"""Unexpected errors: the answer reveals nothing about them, and the log nothing private."""

from typing import NoReturn

from tests.support.service import Service


def test_an_unexpected_error_is_a_500_that_reveals_nothing(service: Service) -> None:
    def fail() -> NoReturn:
        raise RuntimeError("of anna@example.com")

    service.app.add_url_rule("/fails", view_func=fail)

    answer = service.client.get("/fails")

    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")  # type: ignore[index]
    assert "anna" not in answer.text
    assert "RuntimeError" not in answer.text
    assert [event["error"] for event in service.events("unexpected_error")] == ["RuntimeError"]
    assert "anna" not in service.logs.getvalue()
