"""Comparing within strata: what it says of textbook tables, and how often it is wrong about noise."""

from random import Random

import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from models.kpi.diagnosis.stratified import (
    SMALLEST_GROUP,
    StratifiedComparison,
    Stratum,
    compare_strata,
    rejected_by_holm,
)
from models.splits.statistics.comparison import pooled_z_p
from models.splits.statistics.interval import Counts


def compare(*strata: tuple[int, int, int, int]) -> StratifiedComparison:
    """(successes and contacts of the group, successes and contacts of the others) for each stratum."""
    found = compare_strata(Stratum(Counts(n1, a), Counts(n0, c)) for a, n1, c, n0 in strata)
    assert found is not None
    return found


def test_one_stratum_is_the_plain_comparison_of_two_rates() -> None:
    seen = compare((20, 100, 120, 300))
    assert seen.difference == pytest.approx(0.2)
    error = (0.2 * 0.8 / 100 + 0.4 * 0.6 / 300) ** 0.5
    assert (seen.interval.high - seen.interval.low) / 2 == pytest.approx(1.96 * error, rel=0.01)
    assert seen.p == pytest.approx(pooled_z_p(Counts(100, 20), Counts(300, 120)), rel=0.05)


def test_the_p_value_is_that_of_cochran_mantel_and_haenszel() -> None:
    strata = [(12, 60, 30, 70), (5, 30, 20, 45), (40, 90, 50, 80)]
    tables = [[[a, n1 - a], [c, n0 - c]] for a, n1, c, n0 in strata]
    expected = StratifiedTable(tables).test_null_odds(correction=False).pvalue
    assert compare(*strata).p == pytest.approx(expected)


def test_a_difference_that_lies_in_the_strata_alone_is_none() -> None:
    """Simpson's paradox: the group has more of a poor source, and does in each source as well as the others."""
    seen = compare((90, 300, 30, 100), (35, 50, 280, 400))
    assert seen.group.rate < seen.others.rate - 0.2
    assert seen.difference == pytest.approx(0)
    assert seen.p > 0.9


def test_strata_with_nobody_to_compare_with_say_nothing() -> None:
    assert compare((20, 100, 120, 300), (0, 500, 0, 0)) == compare((20, 100, 120, 300))


@pytest.mark.parametrize(
    "stratum",
    [
        (0, SMALLEST_GROUP - 1, 200, 400),
        (20, 100, 5, SMALLEST_GROUP - 1),
        (0, 500, 0, 500),
        (500, 500, 500, 500),
        (1, 100, 2, 100),
        (0, 0, 10, 100),
    ],
)
def test_too_few_say_nothing(stratum: tuple[int, int, int, int]) -> None:
    a, n1, c, n0 = stratum
    assert compare_strata([Stratum(Counts(n1, a), Counts(n0, c))]) is None


def test_nineteen_of_twenty_intervals_hold_the_truth_and_one_p_in_twenty_is_below_five_percent() -> None:
    chance, held, low_p, rounds = Random(7), 0, 0, 2000
    for _ in range(rounds):
        strata = []
        for rate, n1, n0 in ((0.1, 40, 90), (0.3, 100, 30), (0.6, 25, 25), (0.2, 3, 9)):
            a = sum(chance.random() < rate for _ in range(n1))
            strata.append((a, n1, sum(chance.random() < rate for _ in range(n0)), n0))
        seen = compare(*strata)
        held += seen.interval.low <= 0 <= seen.interval.high
        low_p += seen.p < 0.05
    assert 0.935 <= held / rounds <= 0.965
    assert 0.035 <= low_p / rounds <= 0.065


def test_holm_stops_at_the_first_that_fails() -> None:
    assert rejected_by_holm({"a": 0.001, "b": 0.02, "c": 0.03, "d": 0.9}) == {"a": 4.0}
    assert rejected_by_holm({"a": 0.001, "b": 0.012, "c": 0.02}) == {"a": 3.0, "b": 2.0, "c": 1.0}
    assert rejected_by_holm({"a": 0.02, "b": 0.001, "c": 0.4}) == {"b": 3.0, "a": 2.0}
    assert rejected_by_holm({}) == {}


def test_of_noise_holm_rejects_something_in_one_of_twenty() -> None:
    chance = Random(3)
    rounds = [rejected_by_holm({str(n): chance.random() for n in range(30)}) for _ in range(4000)]
    assert 0.035 <= sum(map(bool, rounds)) / len(rounds) <= 0.065
