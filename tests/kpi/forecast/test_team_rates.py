"""A team has rates of its own where it has orders enough, and where they have proved better than everybody's."""

from datetime import date
from random import Random

import pytest

from models.database import engine
from models.kpi.forecast.team_rates import EVERYBODYS, TeamMonth, read_team_rates, team_rate
from tests.support.kpi_tables import cohort, daily


def months(times: float, *, expected: float = 20, count: int = 18, seed: int = 1) -> list[TeamMonth]:
    """Of a team whose leads buy so many times as often as everybody's."""
    chance = Random(seed)
    trials = round(expected * 10)
    return [TeamMonth(expected, sum(chance.random() < 0.1 * times for _ in range(trials))) for _ in range(count)]


def test_a_team_whose_leads_buy_twice_as_often_goes_by_its_own_rates() -> None:
    found = team_rate(months(2.0))
    assert 1.8 < found.factor < 2.1
    assert 0 < found.deviation < 0.1


def test_few_orders_are_drawn_towards_everybodys_rates() -> None:
    few, many = team_rate(months(2.0, expected=3)), team_rate(months(2.0, expected=60))
    assert 1 < few.factor < many.factor < 2.1
    assert few.deviation > many.deviation


@pytest.mark.parametrize("of_team", [[], months(2.0, count=9), months(2.0, expected=1)])
def test_with_too_little_of_its_own_it_goes_by_everybodys(of_team: list[TeamMonth]) -> None:
    assert team_rate(of_team) is EVERYBODYS


def test_a_team_like_the_others_is_left_near_to_them() -> None:
    found = [team_rate(months(1.0, seed=seed)) for seed in range(40)]
    assert all(abs(one.factor - 1) < 0.2 for one in found)
    assert sum(one is EVERYBODYS for one in found) >= 10


def test_what_was_true_once_and_is_no_longer_is_not_used() -> None:
    turned = months(2.0, count=9) + months(0.5, count=9, seed=2)
    assert team_rate(turned) is EVERYBODYS


def test_it_is_read_of_leads_that_were_watched_for_long_enough(database_url: str) -> None:
    for number in range(24):
        day = date(2024 + number // 12, number % 12 + 1, 1)
        for team, leads, customers in ((0, 300, 30), (1, 100, 20), (2, 200, 10)):
            daily(day, "lead", leads, team_id=team)
            # Of the last months nobody has bought yet.
            if number < 21:
                cohort(day, "lead", "customer", 60, customers, team_id=team)
                cohort(day, "lead", "customer", 120, 50, team_id=team)  # too late to count
    with engine().connect() as connection:
        found = read_team_rates(connection, date(2026, 1, 2))
    assert found[1].factor == pytest.approx((20 * 21 + 20) / (10 * 21 + 20))
    assert found[2].factor == pytest.approx((10 * 21 + 20) / (20 * 21 + 20))
