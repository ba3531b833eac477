"""Intervals of forecasts are the quantiles of the distributions that they name."""

from random import Random

import pytest
from scipy.stats import binom, gamma, nbinom, poisson

from models.kpi.forecast.intervals import TAILS, Part, count_interval, money_interval

CHANCE = Random(125)
MEANS = [10 ** CHANCE.uniform(-3, 3.9) for _ in range(40)]


@pytest.mark.parametrize("mean", MEANS)
def test_counts_lie_between_the_quantiles_of_their_distribution(mean: float) -> None:
    for spread in (0.01, 0.5, 0.9, 1.0, 1.2, 3.0, 20.0):
        variance = mean * spread
        trials = max(1, round(mean**2 / (mean - variance))) if spread < 1 else 0
        expected = (
            nbinom.ppf(TAILS, mean**2 / (variance - mean), mean / variance)
            if spread > 1
            else binom.ppf(TAILS, trials, min(1.0, mean / trials))
            if spread < 1
            else poisson.ppf(TAILS, mean)
        )
        assert count_interval(Part(mean, variance)) == tuple(expected)


@pytest.mark.parametrize("mean", MEANS)
def test_amounts_lie_between_the_quantiles_of_a_gamma_distribution(mean: float) -> None:
    for variance in (mean / 10, mean, mean**2 * 3):
        expected = gamma.ppf(TAILS, mean**2 / variance, scale=variance / mean)
        assert money_interval(Part(mean, variance)) == pytest.approx(tuple(expected), rel=1e-9, abs=1e-12)
