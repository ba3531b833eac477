"""Met, missed, on track or behind; and what chance alone brings."""

import numpy as np
import pytest

from models.kpi.goals.status import Status, standing
from models.kpi.read import KpiValue
from models.tables.kpi import KpiName, Reading


def share(numerator: float, denominator: float, kpi: KpiName = KpiName.CONNECTION_RATE) -> KpiValue:
    value = numerator / denominator if denominator else None
    return KpiValue(
        kpi=kpi, reading=Reading.PERIOD, value=value, numerator=numerator, denominator=denominator, n=int(denominator)
    )


def count(number: float, kpi: KpiName = KpiName.ORDERS) -> KpiValue:
    return KpiValue(kpi=kpi, reading=Reading.PERIOD, value=number, numerator=number)


def test_sixty_seven_of_a_hundred_meet_two_thirds() -> None:
    assert standing(share(67, 100), 0.65).status is Status.MET
    assert standing(share(67, 100), 0.67).status is Status.MET
    assert standing(share(67, 100), 0.70).status is Status.MISSED


def test_a_share_that_misses_by_what_chance_brings_says_so() -> None:
    assert standing(share(67, 100), 0.70).is_chance  # 67 or fewer of 100 come in 29 of 100 samples
    assert not standing(share(50, 100), 0.70).is_chance
    assert standing(share(5, 10), 0.70).is_chance
    assert standing(share(75, 100), 0.70).is_chance
    assert not standing(share(90, 100), 0.70).is_chance


def test_nothing_to_divide_by_is_no_data() -> None:
    assert standing(share(0, 0), 0.5) == standing(None, 0.5)
    assert standing(None, 0.5).status is Status.NO_DATA


def test_no_order_in_a_month_that_is_over_is_missed_and_not_by_chance() -> None:
    found = standing(count(0), 12)
    assert (found.status, found.is_chance) == (Status.MISSED, False)
    assert standing(count(9), 12).is_chance  # 9 or fewer come in 24 of 100 months


@pytest.mark.parametrize(
    ("reached", "gone", "status"),
    [(6, 0.5, Status.ON_TRACK), (5, 0.5, Status.BEHIND), (12, 0.5, Status.MET), (0, 0.0, Status.ON_TRACK)],
)
def test_what_adds_up_is_on_track_by_the_share_of_the_time_that_is_gone(
    reached: int, gone: float, status: Status
) -> None:
    assert standing(count(reached), 12, gone).status is status


def test_a_share_is_on_track_where_the_goal_wants_it_however_early() -> None:
    assert standing(share(7, 10), 0.6, 0.1).status is Status.ON_TRACK
    assert standing(share(5, 10), 0.6, 0.1).status is Status.BEHIND


def test_a_time_is_better_when_it_is_shorter() -> None:
    twenty = KpiValue(kpi=KpiName.TIME_TO_BUY, reading=Reading.PERIOD, value=20, numerator=800, denominator=40, n=40)
    assert standing(twenty, 21).status is Status.MET
    assert standing(twenty, 19).status is Status.MISSED
    assert standing(twenty, 19).is_chance
    assert not standing(twenty, 10).is_chance


def test_a_median_wait_goes_by_its_own_interval() -> None:
    wait = KpiValue(
        kpi=KpiName.RESPONSE_TIME, reading=Reading.COHORT, value=2_400, low=1_500, high=4_000, denominator=50, n=50
    )
    assert (standing(wait, 1_800).status, standing(wait, 1_800).is_chance) == (Status.MISSED, True)
    assert not standing(wait, 600).is_chance


def test_stalled_leads_do_not_add_up_over_the_month() -> None:
    stalled = count(30, KpiName.STALLED_LEADS)
    assert standing(stalled, 40, 0.1).status is Status.ON_TRACK
    assert standing(stalled, 20, 0.9).status is Status.BEHIND


def test_revenue_hangs_on_how_large_the_orders_are() -> None:
    revenue = KpiValue(kpi=KpiName.REVENUE, reading=Reading.PERIOD, value=40_000, numerator=40_000, currency="USD")
    assert standing(revenue, 50_000, spread=10 * 4_000.0**2).is_chance  # ten orders
    assert not standing(revenue, 50_000, spread=1_000 * 40.0**2).is_chance  # a thousand


def test_of_goals_that_the_truth_meets_exactly_few_are_called_missed_for_other_reasons_than_chance() -> None:
    random = np.random.default_rng(1)
    blamed = 0
    for _ in range(1_000):
        of_share = standing(share(int(random.binomial(80, 0.6)), 80), 0.6)
        of_count = standing(count(int(random.poisson(12))), 12)
        blamed += sum(one.status is Status.MISSED and not one.is_chance for one in (of_share, of_count))
    assert blamed / 2_000 <= 0.05


def test_a_goal_that_the_truth_misses_by_far_is_blamed_nearly_always() -> None:
    random = np.random.default_rng(2)
    found = [standing(share(int(random.binomial(80, 0.4)), 80), 0.6) for _ in range(500)]
    assert sum(one.status is Status.MISSED and not one.is_chance for one in found) > 450


@pytest.mark.parametrize("kpi", list(KpiName))
@pytest.mark.parametrize("gone", [0.0, 0.5, 1.0])
def test_a_goal_of_nothing_is_judged_whatever_was_reached(kpi: KpiName, gone: float) -> None:
    for numerator, denominator in ((0, 5), (5, 1), (-3, 2), (1, 2), (10**11, 1)):
        value = share(numerator, denominator, kpi)
        found = standing(value, 0.0, gone, spread=25.0)
        assert found.status is not Status.NO_DATA
        assert found.is_chance is (numerator == 0)
    assert standing(share(3, 4, kpi), 1e-9, gone, spread=25.0).status is not Status.NO_DATA
