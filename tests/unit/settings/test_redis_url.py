"""Sentinel URLs: how they are parsed, refused and passed to kombu."""

import pytest

from api.settings.settings import ApiSettings
from shared.settings.environment import SettingsError
from shared.settings.redis_url import SentinelAddress
from tests.unit.settings.test_settings import SHARED
from worker.queue.celery_settings import celery_settings

FULL = "redis+sentinel://app:p%40ss%3B%2F@one.example:1,two.example,[::1]:3/main-set/4?sentinel_password=s%26t"


def parsed(url: str) -> SentinelAddress:
    address = SentinelAddress.parse(url)
    assert address is not None
    return address


def test_every_part_of_an_address_is_read() -> None:
    address = parsed(FULL + "&sentinel_username=watcher")

    assert address.sentinels == (("one.example", 1), ("two.example", 26379), ("::1", 3))
    assert (address.name, address.db) == ("main-set", 4)
    assert (address.username, address.password) == ("app", "p@ss;/")
    assert (address.sentinel_username, address.sentinel_password) == ("watcher", "s&t")


@pytest.mark.parametrize("ending", ["main", "main/", "main/0"])
def test_what_is_left_out_has_a_default(ending: str) -> None:
    assert parsed(f"redis+sentinel://one.example/{ending}") == SentinelAddress((("one.example", 26379),), "main")


def test_kombu_gets_each_sentinel_with_the_masters_login_and_database() -> None:
    settings = celery_settings(FULL)

    login = "app:p%40ss%3B%2F"
    assert settings["broker_url"].split(";") == [
        f"sentinel://{login}@one.example:1/4",
        f"sentinel://{login}@two.example:26379/4",
        f"sentinel://{login}@[::1]:3/4",
    ]
    assert settings["broker_transport_options"]["master_name"] == "main-set"
    assert settings["broker_transport_options"]["sentinel_kwargs"]["password"] == "s&t"


def test_a_silent_master_is_noticed_soon_and_one_sentinel_does_not_block() -> None:
    options = celery_settings(FULL)["broker_transport_options"]

    assert options["health_check_interval"] <= 2
    assert options["sentinel_kwargs"]["socket_timeout"] <= 0.5
    assert options["sentinel_kwargs"]["retry"] is None


@pytest.mark.parametrize("url", ["redis://:p%40ss@redis.example:6379/1", "rediss://redis.example"])
def test_a_single_servers_url_is_passed_on_unchanged(url: str) -> None:
    settings = celery_settings(url)

    assert SentinelAddress.parse(url) is None
    assert settings["broker_url"] == url
    options = {"socket_timeout", "socket_connect_timeout", "priority_steps", "ack_emulation"}
    assert settings["broker_transport_options"].keys() == options


def test_passwords_do_not_show_when_an_address_is_printed() -> None:
    assert not [secret for secret in ("p@ss", "s&t") if secret in repr(parsed(FULL))]


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://one.example",
        "redis+sentinel://one.example/",
        "redis+sentinel:///main",
        "redis+sentinel://one.example,/main",
        "redis+sentinel://one.example:0/main",
        "redis+sentinel://one.example:65536/main",
        "redis+sentinel://one.example:port/main",
        "redis+sentinel://one.example/main/first",
        "redis+sentinel://one.example/main/1/2",
        "redis+sentinel://one.example/main?db=1",
        "redis+sentinel://one.example/main?hunter2",
        "redis+sentinel://user@one.example/main",
        "redis+sentinel://:hunter2@x@one.example/main",
        "redis+sentinel://:hunter2/x@one.example/main",
    ],
)
def test_a_wrong_address_is_refused_with_what_is_wrong_and_without_its_password(url: str) -> None:
    problem = only_problem(url)

    assert problem.startswith("REDIS_URL is not an address of sentinels (a password in it must be percent-encoded). ")
    assert "redis+sentinel://host:26379,host,host/NAME/0" in problem
    assert "hunter2" not in problem


def test_tls_through_sentinel_is_refused_as_such() -> None:
    assert only_problem("rediss+sentinel://:hunter2@one.example/main").startswith(
        "REDIS_URL asks for TLS through Sentinel, which is not supported. "
    )


def only_problem(url: str) -> str:
    with pytest.raises(SettingsError) as caught:
        ApiSettings.load(SHARED | {"REDIS_URL": url})
    (problem,) = caught.value.problems
    return problem
