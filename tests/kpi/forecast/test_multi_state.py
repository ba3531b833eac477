"""The chances to move on and to order, by hand-counted stays."""

import numpy as np
import pytest

from models.kpi.forecast.multi_state import Curves, Stays, chances_from_age, chances_of_order, estimate

DAYS = 40


def stays(left: dict[tuple[int, int, int], int], open_: dict[tuple[int, int], int], states: int = 2) -> Stays:
    """left: (state, way out, days) -> how many; open_: (state, days) -> how many."""
    made = Stays(np.zeros((states, states + 1, DAYS)), np.zeros((states, DAYS)))
    for place, count in left.items():
        made.left[place] = count
    for where, count in open_.items():
        made.open[where] = count
    return made


def test_who_is_still_there_counts_for_as_long_as_they_were_watched() -> None:
    # 20 begin; 5 of them order on day 2; 5 were last seen on day 3; 5 of the other 10 leave for state 1 on day 4.
    curves = estimate(stays({(0, 2, 2): 5, (0, 1, 4): 5}, {(0, 3): 5, (0, 9): 5}))

    assert curves.leaves[0, 2, 2] == pytest.approx(5 / 20)
    assert curves.leaves[0, 1, 4] == pytest.approx(15 / 20 * 5 / 10)
    assert curves.stays[0, 3] == pytest.approx(15 / 20)
    assert curves.stays[0, 4] == pytest.approx(15 / 20 * 5 / 10)


def test_without_anybody_still_there_the_chances_are_the_shares() -> None:
    curves = estimate(stays({(0, 2, 3): 30, (0, 1, 5): 70, (1, 2, 1): 20, (1, 2, 4): 50}, {}))
    ordered = chances_of_order(curves, 12)

    assert ordered[0, 2] == 0
    assert ordered[0, 3] == pytest.approx(0.3)  # directly
    assert ordered[0, 6] == pytest.approx(0.3 + 0.7 * 20 / 70)  # by way of state 1, which they enter on day 5
    assert ordered[0, 9] == pytest.approx(1.0)


def test_who_has_been_there_for_long_has_only_what_is_left() -> None:
    curves = estimate(stays({(0, 2, 3): 30, (0, 2, 20): 20}, {(0, 30): 50}, states=1 + 1))
    ordered = chances_of_order(curves, 10)
    ages = chances_from_age(curves, ordered, 10, 25)

    assert ages[0, 0] == pytest.approx(30 / 100)
    assert ages[0, 5] == 0
    assert ages[0, 12] == pytest.approx(20 / 70)
    assert ages[0, 20] == 0


def test_moving_on_counts_from_the_day_on_which_one_does() -> None:
    curves = estimate(stays({(0, 1, 4): 100, (1, 2, 5): 100}, {}))
    ordered = chances_of_order(curves, 12)

    assert chances_from_age(curves, ordered, 8, 10)[0, 0] == 0
    assert chances_from_age(curves, ordered, 9, 10)[0, 0] == pytest.approx(1)
    assert chances_from_age(curves, ordered, 6, 10)[0, 3] == pytest.approx(1)
    assert chances_from_age(curves, ordered, 5, 10)[0, 3] == 0


def test_where_few_are_left_the_rate_of_before_goes_on() -> None:
    curves: Curves = estimate(stays({(0, 2, day): 10 for day in range(1, 10)}, {(0, 9): 5, (0, 30): 5}))

    assert 0 < curves.leaves[0, 2, 20] < curves.leaves[0, 2, 9]
    assert curves.stays[0, -1] > 0


def test_of_nobody_there_is_no_chance() -> None:
    curves = estimate(stays({}, {}))

    assert chances_of_order(curves, 10).sum() == 0
    assert chances_from_age(curves, chances_of_order(curves, 10), 5, 10).sum() == 0
