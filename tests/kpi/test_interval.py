"""What chance may have done to a number, beside scipy."""

import pytest
from scipy.stats import binomtest, chi2

from models.kpi.interval import count_interval, share_interval


@pytest.mark.parametrize(("numerator", "denominator"), [(67, 100), (12, 74), (0, 5), (5, 5), (1, 1000)])
def test_the_interval_of_a_share_is_wilsons(numerator: int, denominator: int) -> None:
    expected = binomtest(numerator, denominator).proportion_ci(method="wilson")
    found = share_interval(numerator, denominator)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        (0, 1, 0, 0.79345069),
        (1, 1, 0.20654931, 1),
        (0, 30, 0, 0.11351339),
        (30, 30, 0.88648661, 1),
        (1, 2, 0.09453121, 0.90546879),
        (1, 30, 0.00590859, 0.16670391),
        (29, 30, 0.83329609, 0.99409141),
        (500_000, 1_000_000, 0.49902002, 0.50097998),
        (1, 1_000_000, 1.8e-07, 5.66e-06),
    ],
)
def test_at_the_edges_it_is_that_of_other_programs(numerator: int, denominator: int, low: float, high: float) -> None:
    """The figures are those of statsmodels 0.15, proportion_confint."""
    found = share_interval(numerator, denominator)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-8)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 20, 100, 1000])
def test_the_interval_of_a_count_is_near_the_exact_one(count: int) -> None:
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(0.975, 2 * (count + 1)) / 2
    found = count_interval(count)
    assert found is not None
    assert found.low == pytest.approx(low, rel=0.03, abs=0.03)
    assert found.high == pytest.approx(high, rel=0.03)


def test_what_is_no_share_has_no_interval() -> None:
    assert share_interval(7, 5) is None
    assert share_interval(0, 0) is None
    assert share_interval(-1, 5) is None
    assert count_interval(-2) is None
