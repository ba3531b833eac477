"""Tests of A against A find nothing, however often somebody looks; and what is there is found all the same."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.splits.statistics.always_valid import ERROR
from models.splits.statistics.comparison import compare
from models.splits.statistics.interval import Counts, InterimLook
from models.splits.statistics.money import Amounts, amount_interval, compare_amounts
from models.splits.statistics.sample_size import contacts_when_looked_at_daily
from models.splits.statistics.winner_rule import default_lift

MONDAY = date(2026, 3, 2)


def days_of_one_test(
    rng: np.random.Generator, a_day: Sequence[int], rates: Sequence[float], days: int
) -> list[InterimLook]:
    """What is known at the end of each day, with so many contacts a day of each variant at its rate."""
    successes = [rng.binomial(n, rate, days).cumsum() for n, rate in zip(a_day, rates, strict=True)]
    return [_look(day, a_day, [int(of[day]) for of in successes]) for day in range(days)]


def _look(day: int, a_day: Sequence[int], successes: Sequence[int]) -> InterimLook:
    counts = [Counts(n * (day + 1), x) for n, x in zip(a_day, successes, strict=True)]
    return InterimLook(MONDAY + timedelta(days=day), dict(zip("abcd", counts, strict=False)))


def finds_something(looks: Sequence[InterimLook]) -> bool:
    """Whether somebody who looks every day sees a p-value below 5 % on any of them."""
    variants = list(looks[-1].counts)
    return any(one.p < ERROR for one in compare(looks, variants, default_lift(looks)))


@pytest.mark.parametrize(
    ("a_day", "rate"),
    [
        ((50, 50), 0.2),
        ((50, 50), 0.02),
        ((2, 38), 0.05),
        ((1, 19), 0.3),
        ((5, 95), 0.98),
        ((20, 20, 20), 0.1),
        ((3, 17, 40), 0.05),
        ((15, 15, 15, 15), 0.2),
    ],
)
def test_variants_that_are_alike_are_told_apart_in_at_most_5_of_100_tests(a_day: tuple[int, ...], rate: float) -> None:
    rng = np.random.default_rng(11)
    alike = [rate] * len(a_day)

    alarms = sum(finds_something(days_of_one_test(rng, a_day, alike, 90)) for _ in range(300))

    assert alarms / 300 <= ERROR


def test_nor_where_orders_are_cancelled_weeks_later() -> None:
    rng = np.random.default_rng(12)

    alarms = sum(any(map(finds_something, _with_cancellations(rng, 30, 0.2, 0.3, 40))) for _ in range(150))

    assert alarms / 150 <= ERROR


def _with_cancellations(
    rng: np.random.Generator, a_day: int, rate: float, cancelled: float, days: int
) -> Iterator[list[InterimLook]]:
    """Day by day all looks as they read then: a cancellation takes its success out of every earlier look as well."""
    ordered_on = [np.repeat(np.arange(days), rng.binomial(a_day, rate, days)) for _ in "ab"]
    gone_on = [
        np.where(rng.random(len(on)) < cancelled, on + rng.exponential(10, len(on)), np.inf) for on in ordered_on
    ]
    for today in range(5, days, 5):
        yield [
            _look(
                day,
                (a_day, a_day),
                [int(((on <= day) & (gone > today)).sum()) for on, gone in zip(ordered_on, gone_on, strict=True)],
            )
            for day in range(today + 1)
        ]


def test_a_difference_of_a_quarter_is_found_at_a_small_rate_too() -> None:
    rng = np.random.default_rng(13)
    a_day = contacts_when_looked_at_daily(0.02, 0.005) // 60 + 1

    found = sum(finds_something(days_of_one_test(rng, (a_day, a_day), (0.02, 0.025), 60)) for _ in range(100))

    assert 70 <= found < 100


@pytest.mark.parametrize(("rate", "worth_finding"), [(0.02, 0.005), (0.1, 0.025), (0.3, 0.05), (0.98, 0.005)])
def test_without_a_lift_a_quarter_of_the_usual_rate_is_worth_finding(rate: float, worth_finding: float) -> None:
    looks = [_look(0, (5000, 5000), [round(5000 * rate)] * 2)]

    assert default_lift(looks) == pytest.approx(worth_finding, rel=0.02)


def test_the_lift_stays_as_the_first_look_with_enough_says() -> None:
    few, enough, many = _look(0, (10, 10), [1, 0]), _look(9, (10, 10), [12, 8]), _look(99, (10, 10), [300, 100])

    assert default_lift([few, enough, many]) == default_lift([few, enough]) == pytest.approx(0.026, abs=1e-3)
    assert default_lift([]) == 0.05
    assert default_lift([_look(99, (1000, 1000), [0, 0])]) == 0.001


counts = st.integers(1, 3_000).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))


@given(st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=6), st.sampled_from([0.005, 0.05]))
def test_a_range_leaves_zero_out_exactly_when_its_p_is_below_5_of_100(
    days: list[tuple[Counts, Counts, Counts]], lift: float
) -> None:
    looks = [InterimLook(MONDAY, dict(zip("abc", each, strict=True))) for each in days]
    for one in compare(looks, "abc", lift):
        is_empty = one.always_valid.low > one.always_valid.high
        if abs(one.p - ERROR) > 1e-9:
            assert (one.always_valid.excludes_zero or is_empty) == (one.p < ERROR)
        assert one.better is None or (one.p < ERROR and one.today.excludes_zero)
        assert (one.one_look is None) == (not one.is_known)


def amounts(rng: np.random.Generator, contacts: int, rate: float, spread: float, more: float = 1.0) -> np.ndarray:
    """Contacts, amount and amount squared of every day, for so many days of so many contacts."""
    buyers = rng.binomial(contacts, rate, 90)
    paid = [more * rng.lognormal(4, spread, count) for count in buyers]
    return np.array([(contacts, each.sum(), (each**2).sum(), len(each)) for each in paid]).cumsum(0)


def tells_apart(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether on any day the range of the difference in amounts leaves 0 out."""
    days = (
        amount_interval(_amounts(one), _amounts(two), ERROR)
        for one, two in zip(first.tolist(), second.tolist(), strict=True)
    )
    return any(interval is not None and interval.excludes_zero for interval in days)


def _amounts(row: list[float]) -> Amounts:
    contacts, total, squares, buyers = row
    return Amounts(int(contacts), total, squares, int(buyers))


@pytest.mark.parametrize(
    ("small", "large", "rate", "spread"), [(50, 50, 0.2, 0.5), (50, 50, 0.03, 1.5), (5, 95, 0.03, 1.0)]
)
def test_amounts_that_are_alike_are_told_apart_in_at_most_5_of_100_tests(
    small: int, large: int, rate: float, spread: float
) -> None:
    rng = np.random.default_rng(14)

    alarms = sum(tells_apart(amounts(rng, small, rate, spread), amounts(rng, large, rate, spread)) for _ in range(200))

    assert alarms / 200 <= ERROR


def test_a_third_more_money_is_found() -> None:
    rng = np.random.default_rng(15)

    found = sum(tells_apart(amounts(rng, 50, 0.2, 0.5), amounts(rng, 50, 0.2, 0.5, more=1.35)) for _ in range(50))

    assert found >= 40


def test_amounts_of_few_buyers_have_no_range() -> None:
    nobody, few, many = Amounts(400), Amounts(400, 90.0, 2700.0, 3), Amounts(400, 3000.0, 100_000.0, 60)

    found = {(one.first, one.second): one.interval for one in compare_amounts({"a": nobody, "b": few, "c": many})}

    assert found["a", "b"] is None
    assert found["a", "c"] is not None
    assert found["a", "c"].low > 0
    assert compare_amounts({"a": Amounts(1, 5.0, 25.0, 1), "b": many})[0].interval is None
