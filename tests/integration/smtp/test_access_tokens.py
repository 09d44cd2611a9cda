"""Log-in with an access token at a relay that offers nothing else."""

import pytest

from tests.integration.smtp.token_post import SECRET, Post, failure_of, mail
from worker.smtp.access_token import MIN_INTERVAL
from worker.smtp.failures import MisconfiguredRelay


@pytest.mark.parametrize("offers", ["XOAUTH2", "OAUTHBEARER"])
def test_one_token_is_fetched_for_all_mails_and_connections(post: Post, offers: str) -> None:
    post.offers = offers
    mailer = post.mailer()
    mailer.max_mails = 1

    for _ in range(3):
        mailer.send(mail())

    assert (len(post.relay.mails), len(post.relay.presented), len(post.relay.sessions)) == (3, 3, 3)
    assert post.endpoint.asked == [
        {
            "path": "/tenant/token",
            "grant_type": "client_credentials",
            "client_id": "the-client",
            "client_secret": SECRET,
        }
    ]


def test_a_token_that_the_relay_refuses_is_fetched_anew_once(post: Post) -> None:
    post.relay.good = {"token-2"}

    post.mailer().send(mail())

    assert (len(post.relay.mails), len(post.endpoint.asked)) == (1, 2)


def test_a_relay_that_refuses_every_token_is_an_alarm_and_the_endpoint_is_left_in_peace(post: Post) -> None:
    post.relay.good = set()
    mailer = post.mailer()

    failures = [failure_of(mailer) for _ in range(3)]

    assert {type(failure) for failure in failures} == {MisconfiguredRelay}
    assert {failure.reason for failure in failures} == {"log-in refused: 535 5.7.3 Authentication unsuccessful"}
    assert len(post.endpoint.asked) == 2
    post.relay.good = {"token-3"}
    post.clock.now += MIN_INTERVAL
    mailer.send(mail())
    assert (len(post.relay.mails), len(post.endpoint.asked)) == (1, 3)


def test_a_relay_that_quotes_the_token_does_not_bring_it_into_the_log(post: Post) -> None:
    post.relay.good, post.relay.quotes = set(), True

    assert failure_of(post.mailer()).reason == "log-in refused: 535 5.7.8 refused: [secret]"


def test_a_relay_that_takes_no_tokens_is_the_operators_to_correct(post: Post) -> None:
    post.offers = "PLAIN"
    failure = failure_of(post.mailer())

    assert isinstance(failure, MisconfiguredRelay)
    assert "offers neither XOAUTH2 nor OAUTHBEARER" in failure.reason
    assert not post.endpoint.asked
