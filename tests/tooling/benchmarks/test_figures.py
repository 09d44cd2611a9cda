import random
from math import inf, sqrt
from statistics import fmean, median, variance

import pytest

from benchmarks.figures import Estimate, auc, mean, nearest_rank, quantile, ratio


def noise(seed: int, number: int, middle: float = 10.0) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - makes samples, not for security
    return [chance.gauss(middle, 1.0) for _ in range(number)]


def test_half_of_the_values_lie_below_the_quantile_of_a_half() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([4, 1, 3, 2], 0.5) == median([1, 2, 3, 4])


def test_the_ends_of_the_quantiles_are_the_least_and_the_largest_value() -> None:
    assert (quantile([5, 7, 6], 0), quantile([5, 7, 6], 1)) == (5, 7)
    assert quantile([5], 0.99) == 5


def test_a_quantile_between_two_values_is_interpolated() -> None:
    assert quantile([0, 10], 0.99) == pytest.approx(9.9)
    assert quantile(list(range(101)), 0.25) == 25


def test_the_nearest_rank_is_one_of_the_values_even_if_some_are_infinite() -> None:
    assert [nearest_rank([3, inf, 1, 2], q) for q in (0, 0.25, 0.5, 0.75, 0.76)] == [1, 1, 2, 3, inf]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2, 3], [4, 5, 6], 1.0),
        ([4, 5, 6], [1, 2, 3], 0.0),
        ([1, 1], [1, 1], 0.5),
        ([1, 3], [2, 4], 0.75),
        ([1, 2, 2], [2, 3], (3 + 2 * 0.5 + 1) / 6),
    ],
)
def test_the_auc_is_the_share_of_pairs_that_are_told_apart(
    first: list[float], second: list[float], expected: float
) -> None:
    assert auc(first, second).value == pytest.approx(expected)


def test_the_auc_agrees_with_a_count_of_all_pairs() -> None:
    first, second = [round(value, 1) for value in noise(1, 60)], [round(value, 1) for value in noise(2, 40, 10.5)]

    pairs = [(two > one) + (two == one) / 2 for one in first for two in second]

    assert auc(first, second).value == pytest.approx(sum(pairs) / len(pairs))


def test_the_interval_of_the_auc_is_delongs() -> None:
    first, second = noise(1, 60), noise(2, 40, 10.5)
    # DeLong's definition: for each sample, the variance of its placements in the other one over its size, added up.
    of_first = [fmean(two > one for two in second) for one in first]
    of_second = [fmean(two > one for one in first) for two in second]
    reach = 1.959964 * sqrt(variance(of_first) / 60 + variance(of_second) / 40)

    estimate = auc(first, second)

    assert estimate.low == pytest.approx(estimate.value - reach)
    assert estimate.high == pytest.approx(estimate.value + reach)


def test_the_interval_of_equal_samples_holds_a_half_and_shrinks_with_their_size() -> None:
    few, many = (auc(noise(1, number), noise(2, number)) for number in (100, 10_000))

    assert few.low < 0.5 < few.high
    assert many.low < 0.5 < many.high
    assert many.high - many.low == pytest.approx((few.high - few.low) / 10, rel=0.2)


def test_nineteen_intervals_of_twenty_hold_the_true_value() -> None:
    estimates = [auc(noise(seed, 50), noise(seed + 1000, 50)) for seed in range(300)]

    assert 0.91 < sum(estimate.low <= 0.5 <= estimate.high for estimate in estimates) / 300 < 0.98


def test_the_mean_of_four_estimates_is_twice_as_sure_as_each() -> None:
    found = mean([Estimate(value, value - 0.04, value + 0.04) for value in (0.48, 0.5, 0.52, 0.54)])

    assert (found.value, found.low, found.high) == pytest.approx((0.51, 0.49, 0.53))


def test_the_ratio_of_a_side_to_itself_is_one() -> None:
    estimate = ratio(noise(1, 20), noise(1, 20))

    assert (estimate.value, estimate.low, estimate.high) == (1, 1, 1)


def test_the_interval_of_the_ratio_of_equal_sides_holds_one() -> None:
    estimate = ratio(noise(1, 40), noise(2, 40))

    assert estimate.low < 1 < estimate.high
    assert estimate.value == pytest.approx(1, abs=0.05)


def test_a_side_that_is_worse_by_a_third_shows_whatever_the_machine_does() -> None:
    weather = [1 + number % 7 for number in range(40)]
    base = [value * slow for value, slow in zip(noise(1, 40), weather, strict=True)]
    worse = [1.33 * value * slow for value, slow in zip(noise(2, 40), weather, strict=True)]

    estimate = ratio(worse, base)

    assert 1.2 < estimate.low < 1.33 < estimate.high < 1.45


def test_sides_of_different_rounds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio([1, 2], [1])
