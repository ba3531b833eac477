"""Between which numbers and amounts it will be, by mean and variance of what is expected. Pure.

The functions of scipy.special are those that scipy.stats goes by, which takes most of a second to import.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import NormalDist

COVERAGE = 0.8
"""Of intervals of a forecast: eight months of ten shall come within."""
TAILS = ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2)

LEAST_MEAN = 1e-6
"""Less is nothing."""
LEAST_VARIANCE = 1e-12
"""Beside the square of the mean: below it nothing can be drawn from the distribution."""
MANY = 10_000
"""So many orders are as good as normally distributed."""


@dataclass(frozen=True)
class Part:
    """Orders that are expected of one part of the business, with their variance."""

    mean: float
    variance: float


def count_interval(orders: Part) -> tuple[float, float]:
    """Between which whole numbers they will be, with the chance COVERAGE.

    By Poisson's distribution where the variance is that of chance alone, by the negative binomial where it is more, and
    by the binomial where it is less.
    """
    from scipy.special import bdtr, betainc, pdtr

    mean, variance = orders.mean, orders.variance
    if mean < LEAST_MEAN:
        return 0.0, 0.0
    if mean > MANY:
        spread = NormalDist().inv_cdf(TAILS[1]) * sqrt(variance)
        return float(max(0, floor(mean - spread))), float(ceil(mean + spread))
    if variance > mean * 1.001:
        size, share = mean**2 / (variance - mean), mean / variance
        return _quantiles(lambda count: float(betainc(size, count + 1, share)), mean, variance)
    if 0 < variance < mean * 0.999:
        trials = max(1, round(mean**2 / (mean - variance)))
        share = min(1.0, mean / trials)
        return _quantiles(lambda count: 1.0 if count >= trials else float(bdtr(count, trials, share)), mean, variance)
    return _quantiles(lambda count: float(pdtr(count, mean)), mean, mean)


def money_interval(money: Part) -> tuple[float, float]:
    """Between which amounts it will be, with the chance COVERAGE, by a gamma distribution, which is never below 0."""
    from scipy.special import gammaincinv

    mean, variance = money.mean, money.variance
    if mean < LEAST_MEAN or variance <= LEAST_VARIANCE * mean**2:
        return mean, mean
    low, high = gammaincinv(mean**2 / variance, TAILS) * variance / mean
    return float(low), float(high)


def _quantiles(chance_of_at_most: Callable[[int], float], mean: float, variance: float) -> tuple[float, float]:
    """Of TAILS: the least whole numbers that are not exceeded with that chance."""
    far = ceil(mean + sqrt(variance) + 1)
    low, high = (_least(chance_of_at_most, tail, far) for tail in TAILS)
    return float(low), float(high)


def _least(chance_of_at_most: Callable[[int], float], tail: float, guess: int) -> int:
    """By halves, beginning between 0 and a guess."""
    below, found = -1, guess
    while chance_of_at_most(found) < tail:
        below, found = found, 2 * found
    while found - below > 1:
        middle = (below + found) // 2
        below, found = (below, middle) if chance_of_at_most(middle) >= tail else (middle, found)
    return found
