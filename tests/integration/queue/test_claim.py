"""Which jobs are leased next, on a real Redis: lanes take turns, and what is tried again has its share."""

from dataclasses import replace

import pytest
import redis

from shared.outbox.jobs import Job, new_id
from shared.outbox.outbox import Outbox
from shared.redis_keys import Key
from tests.integration.conftest import job
from tests.support.outbox import places, unfinished, waiting
from worker.plans import Outcome
from worker.queue.consumer import OUTCOME_WIDTH, SUSPECT, Consumer, LeasedJob

ADD = "return add(ARGV[1], ARGV[2], ARGV[3])"


@pytest.fixture
def ask(outbox: Outbox) -> "Ask":
    return Ask(outbox)


class Ask:
    """Accepts jobs as the API does: each in the lane of its client's network."""

    def __init__(self, outbox: Outbox) -> None:
        self._add = outbox.script(ADD)

    def __call__(self, lane: str, number: int = 1) -> list[str]:
        jobs = [job() for _ in range(number)]
        for each in jobs:
            self._add(args=[each.id, each.entry(), lane])
        return [each.id for each in jobs]


def ids(taken: list[LeasedJob]) -> list[str]:
    return [leased.job.id for leased in taken]


def test_lanes_take_turns(ask: Ask, consumer: Consumer) -> None:
    flood, honest = ask("flood", 100), ask("honest", 2)

    assert ids(consumer.claim("one", 30, 3)) == [flood[0], honest[0], flood[1]]
    assert ids(consumer.claim("one", 30, 3)) == [honest[1], flood[2], flood[3]]


def test_a_lane_that_is_empty_leaves_nothing_behind(ask: Ask, consumer: Consumer, client: redis.Redis) -> None:
    ask("lane", 2)

    consumer.claim("one", 30, 5)

    assert client.keys(f"{Key.LANE}*") == []
    assert client.exists(Key.LANES) == 0


def test_jobs_to_be_tried_again_take_every_second_turn(ask: Ask, consumer: Consumer, client: redis.Redis) -> None:
    again = ask("before", 2)
    consumer.give_back(consumer.claim("one", 30, 2))
    new = ask("new", 4)

    taken = ids(consumer.claim("two", 30, 5))
    assert [each for each in taken if each in again] == again
    assert [each for each in taken if each in new] == new[:3]
    assert set(taken[:2]) == {again[0], new[0]}
    assert waiting(client) == new[3:]


def test_what_was_given_back_is_leased_again_as_if_nothing_had_happened(
    ask: Ask, consumer: Consumer, client: redis.Redis
) -> None:
    (identity,) = ask("lane")
    first = consumer.claim("one", 30, 1)

    consumer.give_back(first)
    (second,) = consumer.claim("two", 30, 1)

    assert second == replace(first[0], lease_owner="two", lane="")
    assert places(client, identity) == ["leased"]


def test_only_the_owner_can_give_back(ask: Ask, consumer: Consumer, client: redis.Redis) -> None:
    (identity,) = ask("lane")
    (leased,) = consumer.claim("one", 30, 1)

    consumer.give_back([replace(leased, lease_owner="two")])
    consumer.give_back_all("two")

    assert places(client, identity) == ["leased"]


def test_all_leases_of_a_claim_without_an_answer_are_given_back(
    ask: Ask, consumer: Consumer, client: redis.Redis
) -> None:
    lost, others = ask("lane", 2), ask("lane", 1)
    consumer.claim("one", 30, 2)
    consumer.claim("two", 30, 1)

    consumer.give_back_all("one")

    assert sorted(waiting(client)) == sorted(lost)
    assert places(client, others[0]) == ["leased"]
    assert client.llen(Key.QUEUE) == 1


def test_a_job_that_has_lost_several_workers_is_leased_alone(ask: Ask, consumer: Consumer, client: redis.Redis) -> None:
    first, suspect, last = ask("lane", 3)
    client.hset(Key.LOST_LEASES, suspect, SUSPECT)

    taken = [consumer.claim(owner, 30, 10) for owner in ("one", "two")]

    assert [ids(each) for each in taken] == [[first, last], [suspect]]
    assert taken[1][0].lost == SUSPECT


def test_after_a_workers_death_new_jobs_do_not_wait_for_all_that_it_had_in_hand(
    ask: Ask, consumer: Consumer, client: redis.Redis
) -> None:
    lost = ask("lane", 30)
    consumer.give_back(consumer.claim("one", 30, 30))
    client.hset(Key.LOST_LEASES, mapping=dict.fromkeys(lost, SUSPECT))
    new = ask("lane", 3)

    taken = [ids(consumer.claim(f"worker {number}", 30, 10)) for number in range(2)]

    assert set(new) <= {each for batch in taken for each in batch}


def test_after_one_death_its_jobs_are_leased_together_again(ask: Ask, consumer: Consumer, client: redis.Redis) -> None:
    lost = ask("lane", 30)
    consumer.give_back(consumer.claim("one", 30, 30))
    client.hset(Key.LOST_LEASES, mapping=dict.fromkeys(lost, 1))

    assert len(consumer.claim("two", 30, 100)) == 30


def test_an_entry_that_cannot_be_read_is_left_to_its_lease_and_the_others_are_leased(
    ask: Ask, consumer: Consumer, client: redis.Redis
) -> None:
    broken, good = ask("lane", 2)
    client.hset(Key.JOBS, broken, '{"kind": "of a later version"}')

    assert ids(consumer.claim("one", 30, 10)) == [good]
    assert places(client, broken) == ["leased"]


def test_whoever_leaves_jobs_behind_calls_another_worker(ask: Ask, consumer: Consumer, client: redis.Redis) -> None:
    ask("lane", 3)
    client.delete(Key.QUEUE)

    messages = []
    for _ in range(2):
        consumer.claim("one", 30, 2)
        messages.append(client.llen(Key.QUEUE))
        client.delete(Key.QUEUE)

    assert messages == [1, 0]


def test_a_job_that_was_cancelled_while_it_waited_is_passed_over(
    ask: Ask, outbox: Outbox, consumer: Consumer, client: redis.Redis
) -> None:
    cancelled, wanted = ask("lane", 2)
    outbox.cancel(cancelled)

    assert ids(consumer.claim("one", 30, 2)) == [wanted]
    assert unfinished(client) == 1


@pytest.mark.parametrize("key", [Key.LEASED, Key.LATER])
def test_an_id_that_waits_by_mistake_is_not_leased_twice(
    ask: Ask, consumer: Consumer, client: redis.Redis, key: Key
) -> None:
    (identity,) = ask("lane")
    client.lpush(Key.AGAIN, identity, identity)
    client.zadd(key, {identity: 2e15})

    assert consumer.claim("one", 30, 5) == []


def test_a_job_that_an_api_before_lanes_has_accepted_is_leased(consumer: Consumer, client: redis.Redis) -> None:
    old = Job(new_id(), "forgot", "request", "hash", 1.0, address="anna@example.com")
    client.hset(Key.JOBS, old.id, old.entry())
    client.zadd(Key.QUEUED, {old.id: 1})

    assert ids(consumer.claim("one", 30, 5)) == [old.id]
    assert client.exists(Key.QUEUED) == 0


@pytest.mark.parametrize(
    "outcome",
    [Outcome("no_such_user"), Outcome("mailed_reset", "250 OK"), Outcome("mailed_sign_in", "250 " + "ä" * 300)],
    ids=lambda outcome: outcome.event,
)
def test_all_outcomes_take_as_many_bytes_in_a_history(
    ask: Ask, consumer: Consumer, client: redis.Redis, outcome: Outcome
) -> None:
    """Otherwise the growth of Redis would tell which addresses have an account."""
    ask("lane")
    (leased,) = consumer.claim("one", 30, 1)

    consumer.complete([(leased.job, outcome)])

    (line,) = client.lrange(f"{Key.HISTORY}hash", 0, -1)
    assert len(str(line).encode()) == len("1764400000000000 ") + 32 + len(" ") + OUTCOME_WIDTH + len(" ")
