"""Statistics: quantiles, differences between samples, ratios between sides, and confidence intervals."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import fmean, median, variance

CERTAINTY = 0.95
Z = 1.959964  # Standard deviations around the mean of a normal distribution that cover CERTAINTY of it.
RESAMPLES = 2000
SEED = 4  # The same samples give the same interval.


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % confidence interval."""

    value: float
    low: float
    high: float


def interval(estimate: Estimate) -> str:
    """Format the interval of an estimate."""
    return f"{estimate.low:.3f} to {estimate.high:.3f}"


def quantile(values: Sequence[float], q: float) -> float:
    """Return the q-quantile of the values, for example the median for 0.5, with linear interpolation."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    index = min(int(place), len(ordered) - 2)
    if index < 0:
        return ordered[0]
    return ordered[index] + (place - index) * (ordered[index + 1] - ordered[index])


def nearest_rank(values: Sequence[float], q: float) -> float:
    """Return the q-quantile as one of the values, some of which may be infinite."""
    return sorted(values)[max(0, ceil(q * len(values)) - 1)]


def auc(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Return the probability that a value of `second` exceeds one of `first`, counting ties as half.

    0.5 means that the samples cannot be told apart. This is the Mann-Whitney statistic. The interval is DeLong's
    (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44), computed from ranks as in Sun and Xu (2014, IEEE Signal
    Processing Letters 21). Each sample needs at least two values.
    """
    ranks = _ranks([*first, *second])
    # How many values of the other sample each value exceeds, counting ties as half.
    exceeded_first = [rank - own for rank, own in zip(ranks, _ranks(first), strict=False)]
    exceeded_second = [rank - own for rank, own in zip(ranks[len(first) :], _ranks(second), strict=True)]
    value = fmean(exceeded_second) / len(first)
    spread = variance(exceeded_first) / len(second) ** 2 / len(first)
    spread += variance(exceeded_second) / len(first) ** 2 / len(second)
    reach = Z * sqrt(spread)
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach))


def mean(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of independent estimates, whose interval is narrower than each of theirs."""
    value = fmean(estimate.value for estimate in estimates)
    reach = sqrt(sum(((estimate.high - estimate.low) / 2) ** 2 for estimate in estimates)) / len(estimates)
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach))


def _ranks(values: Sequence[float]) -> list[float]:
    """Rank the values from 1; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for place in order[begin:end]:
            ranks[place] = (begin + 1 + end) / 2
        begin = end
    return ranks


def ratio(changed: Sequence[float], base: Sequence[float]) -> Estimate:
    """Return the median, over all rounds, of the ratio between two sides that were measured in turns.

    Other load on the machine usually affects both sides of a round, and the median ignores rounds where it did not. The
    interval is a percentile bootstrap over the rounds (Efron and Tibshirani 1993, chapter 13).
    """
    ratios = [one / other for one, other in zip(changed, base, strict=True)]
    chance = random.Random(SEED)  # noqa: S311 - draws samples, protects nothing
    medians = [median(chance.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES)]
    rest = (1 - CERTAINTY) / 2
    return Estimate(median(ratios), quantile(medians, rest), quantile(medians, 1 - rest))
