"""How many contacts a test takes, calculated before it begins."""

from collections.abc import Sequence
from math import ceil, sqrt
from statistics import NormalDist

from models.splits.statistics.always_valid import ERROR, MIN_EXPECTED, critical_difference
from models.splits.statistics.interval import Counts

POWER = 0.8
"""How often a difference that is there shall be found."""
LARGEST_LIFT = 0.5


def contacts_for_one_look(rate: float, lift: float, *, error: float = ERROR, power: float = POWER) -> int:
    """Contacts per variant to find a rise from `rate` by `lift` (both of 1), looking once, when all are there.

    The formula behind the published tables (Evan Miller, "Sample Size Calculator", evanmiller.org/ab-testing): without
    a difference both rates are `rate`. Above a half, failures are counted instead, as there. To the nearest whole.
    """
    rate = _checked(rate, lift)
    sure, found = NormalDist().inv_cdf(1 - error / 2), NormalDist().inv_cdf(power)
    apart = sure * sqrt(2 * rate * (1 - rate)) + found * sqrt(_spread(rate, lift))
    return max(1, round(apart**2 / lift**2))


def contacts_when_looked_at_daily(rate: float, lift: float, *, error: float = ERROR, power: float = POWER) -> int:
    """Contacts per variant for a test that is looked at daily and ended once decided (always-valid p-values): an upper
    limit, most tests end sooner.

    Ends are usually earlier. From the boundary of the test: the smallest n at which the difference that is seen lies
    beyond it with this power.
    """
    rate = _checked(rate, lift)
    few, many = 0, max(2, contacts_for_one_look(rate, lift, error=error, power=power))
    while _power_at(many, rate, lift, error) < power:
        few, many = many, 2 * many
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if _power_at(middle, rate, lift, error) >= power else (middle, many)
    average = rate + lift / 2
    return max(many, ceil(MIN_EXPECTED / min(average, 1 - average)))


def total_to_draw(per_variant: int, shares: Sequence[float]) -> int:
    """Contacts to draw over all variants until the two with the smallest shares have together the information of
    `per_variant` contacts each.
    """
    one, two = sorted(shares)[:2]
    return ceil(per_variant * (1 / one + 1 / two) / 2)


def effective_size(first: Counts, second: Counts) -> float:
    """The effective sample size per variant of two groups of unequal size: their harmonic mean."""
    if not min(first.contacts, second.contacts):
        return 0.0
    return 2 / (1 / first.contacts + 1 / second.contacts)


def _power_at(contacts: int, rate: float, lift: float, error: float) -> float:
    middle = rate + lift / 2
    boundary = critical_difference(2 * middle * (1 - middle) / contacts, lift, error)
    return NormalDist().cdf((lift - boundary) / sqrt(_spread(rate, lift) / contacts))


def _spread(rate: float, lift: float) -> float:
    return rate * (1 - rate) + (rate + lift) * (1 - rate - lift)


def _checked(rate: float, lift: float) -> float:
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate of {rate:.1%} was found, one from 0% to 100% was expected: say what is usual now")
    if not 0 < lift <= LARGEST_LIFT:
        sentence = f"a lift of {lift:.1%} was found, percentage points above 0% and up to {LARGEST_LIFT:.0%} were"
        raise ValueError(f"{sentence} expected: say which difference is worth finding")
    return min(rate, 1 - rate)
