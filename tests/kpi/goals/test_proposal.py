"""A stricter goal once one is met: reachable, and never beyond what was reached."""

from hypothesis import given
from hypothesis import strategies as st

from models.kpi.goals.proposal import Reached, propose
from models.tables.kpi import KpiName


def met(*values: float, target: float = 0.6) -> list[Reached]:
    return [Reached(value, 50, value >= target) for value in values]


def test_met_twice_the_level_that_half_of_the_periods_reached_is_proposed() -> None:
    assert propose(KpiName.CONNECTION_RATE, 0.6, met(0.62, 0.70, 0.66, 0.64)) == 0.64
    assert propose(KpiName.CONNECTION_RATE, 0.6, met(0.5, 0.55, 0.666, 0.673)) == 0.66


def test_once_may_be_luck() -> None:
    assert propose(KpiName.CONNECTION_RATE, 0.6, met(0.5, 0.7)) is None
    assert propose(KpiName.CONNECTION_RATE, 0.6, met(0.7)) is None
    assert propose(KpiName.CONNECTION_RATE, 0.6, met(0.7, 0.7, 0.5)) is None


def test_a_goal_that_is_just_met_stays() -> None:
    assert propose(KpiName.CONNECTION_RATE, 0.6, met(0.604, 0.602)) is None


def test_a_share_of_few_is_no_ground_for_a_stricter_goal() -> None:
    assert propose(KpiName.CONNECTION_RATE, 0.6, [Reached(0.8, 5, True), Reached(1.0, 4, True)]) is None


def test_shorter_is_stricter_for_times() -> None:
    minutes = [Reached(60 * value, 40, True) for value in (25, 21.5, 19)]
    assert propose(KpiName.RESPONSE_TIME, 1_800, minutes) == 22 * 60


def test_a_hundred_percent_cannot_become_stricter() -> None:
    assert propose(KpiName.FOLLOW_UP_SHARE, 1.0, [Reached(1.0, 50, True)] * 4) is None


def test_money_is_proposed_in_round_numbers() -> None:
    assert propose(KpiName.REVENUE, 50_000, [Reached(63_412.5, None, True), Reached(58_999, None, True)]) == 58_000


@given(st.lists(st.floats(0.3, 1), min_size=2, max_size=12), st.floats(0.3, 0.99))
def test_a_proposal_is_stricter_and_was_reached_at_least_twice(values: list[float], target: float) -> None:
    proposed = propose(KpiName.CONNECTION_RATE, target, met(*values, target=target))
    if proposed is not None:
        assert proposed > target
        assert sum(value >= proposed - 1e-9 for value in values[-6:]) >= 2
