"""What variants bring in: the amount per contact in one currency, those who buy nothing included."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from models.splits.statistics.always_valid import MIN_EXPECTED, critical_difference
from models.splits.statistics.comparison import error_of_each
from models.splits.statistics.interval import Interval

RELATIVE_LIFT = 0.25
"""The part of the usual amount that is worth finding."""


@dataclass(frozen=True)
class Amounts:
    """What the contacts of one variant paid."""

    contacts: int = 0
    total: float = 0.0
    squares: float = 0.0
    """The sum of each contact's amount squared."""
    buyers: int = 0

    @property
    def mean(self) -> float:
        """Per contact; 0 of nobody."""
        return self.total / self.contacts if self.contacts else 0.0

    @property
    def variance(self) -> float:
        """Of the amounts, as estimated from a sample of two or more."""
        return max(0.0, self.squares - self.total * self.mean) / (self.contacts - 1)

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.contacts + other.contacts,
            self.total + other.total,
            self.squares + other.squares,
            self.buyers + other.buyers,
        )


@dataclass(frozen=True)
class AmountComparison:
    """Two variants by what their contacts paid; `difference` is the second's mean less the first's."""

    first: str
    second: str
    difference: float
    interval: Interval | None
    """Always valid and corrected, as the range of the rates; None while there are too few buyers."""


def compare_amounts(amounts: Mapping[str, Amounts]) -> list[AmountComparison]:
    """Each variant with each other, in one currency."""
    error = error_of_each(len(amounts))
    return [
        AmountComparison(one, two, second.mean - first.mean, amount_interval(first, second, error))
        for (one, first), (two, second) in combinations(amounts.items(), 2)
    ]


def amount_interval(first: Amounts, second: Amounts, error: float) -> Interval | None:
    """Second's mean less first's, by one look: those of all looks together hold the truth in 1 - error of the tests.

    The mixture test of the rates over means, which are nearly normal once there are enough buyers (`MIN_EXPECTED` in
    the smaller variant, if it makes no difference who bought). The variance is the larger of what it is with and
    without a difference: amounts are skewed, and a variant in which nobody bought much yet seems to vary too little.
    """
    both = first + second
    if min(first.contacts, second.contacts) < 2:
        return None
    if both.buyers * min(first.contacts, second.contacts) / both.contacts < MIN_EXPECTED or not both.total:
        return None
    together = both.variance * (1 / first.contacts + 1 / second.contacts)
    apart = first.variance / first.contacts + second.variance / second.contacts
    difference = second.mean - first.mean
    half = critical_difference(max(together, apart), RELATIVE_LIFT * both.mean, error)
    return Interval(difference - half, difference + half)
