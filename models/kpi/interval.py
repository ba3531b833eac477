"""How far chance alone may have moved a number. Pure."""

from math import sqrt

from models.splits.statistics.interval import CONFIDENCE, Counts, Interval, quantile, wilson

SMALL = 30
"""Below so many, a share or a mean says little and is shown in grey."""


def share_interval(numerator: float, denominator: float) -> Interval | None:
    """Wilson's interval of a share; None where it is no share of whole things, such as 7 first talks for 5 deals."""
    if not 0 <= numerator <= denominator or denominator <= 0:
        return None
    return wilson(Counts(round(denominator), round(numerator)))


def count_interval(count: float) -> Interval | None:
    """Of a count of things that happen independently: Byar's approximation of the exact limits of Poisson's mean.

    Breslow and Day, "Statistical methods in cancer research", volume II, 1987, page 69. None below zero.
    """
    if count < 0:
        return None
    z = quantile(CONFIDENCE)
    low = count * (1 - 1 / (9 * count) - z / (3 * sqrt(count))) ** 3 if count else 0.0
    more = count + 1
    return Interval(max(0.0, low), more * (1 - 1 / (9 * more) + z / (3 * sqrt(more))) ** 3)
