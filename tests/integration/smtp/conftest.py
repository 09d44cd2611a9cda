"""What the tests of the relay share."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.integration.smtp.token_post import Post, TokenRelay
from tests.support.stand_ins.token_endpoint import token_endpoint


@pytest.fixture
def post() -> Iterator[Post]:
    with ExitStack() as cleanup, token_endpoint() as endpoint:
        yield Post(TokenRelay(cleanup), endpoint)
