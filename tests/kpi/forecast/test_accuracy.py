"""Whether a forecast may say that it is better than the mean of the months before."""

import numpy as np
import pytest

from models.kpi.forecast.accuracy import PastMonth, accuracy
from models.kpi.forecast.read import verdict


def test_errors_are_means_of_absolute_differences() -> None:
    found = accuracy([PastMonth(10, 8, 12, 14, 9), PastMonth(10, 8, 12, 14, 13)])
    assert found is not None
    assert (found.error, found.naive_error, found.within) == (2.0, 3.0, 1)
    assert not found.is_better
    assert "cannot tell" in verdict(found)


def test_eight_months_that_were_all_nearer_are_no_chance() -> None:
    found = accuracy([PastMonth(10, 8, 12, 20, 11)] * 8)
    assert found is not None
    assert found.p_value == pytest.approx(1 / 256)
    assert found.is_better


def test_without_a_month_there_is_no_error() -> None:
    assert accuracy([]) is None


def test_a_forecast_of_noise_claims_to_be_better_no_more_often_than_chance_lets_it() -> None:
    claims = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        months = [
            PastMonth(forecast, 90, 110, naive, actual) for forecast, naive, actual in random.normal(100, 10, (12, 3))
        ]
        found = accuracy(months)
        assert found is not None
        claims += found.is_better
    assert claims / 400 < 0.08
