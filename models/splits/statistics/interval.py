"""Intervals for rates and differences that are looked at once, at a time that was set before."""

from dataclasses import dataclass
from datetime import date
from math import exp, log, sqrt
from statistics import NormalDist
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Counts:
    """Contacts of one variant, and how many of them succeeded."""

    contacts: int = 0
    successes: int = 0

    @property
    def rate(self) -> float:
        """The part that succeeded, from 0 to 1; 0 of nobody."""
        return self.successes / self.contacts if self.contacts else 0.0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.contacts + other.contacts, self.successes + other.successes)


@dataclass(frozen=True)
class InterimLook:
    """All that is known at the end of one day."""

    day: date
    counts: dict[str, Counts]
    """By variant, since the beginning."""


class Interval(NamedTuple):
    """Between which numbers the truth lies, at the level that was asked for."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether it is on one side."""
        return self.low > 0 or self.high < 0


CONFIDENCE = 0.95


def wilson(counts: Counts, confidence: float = CONFIDENCE) -> Interval:
    """The score interval of one rate, from 0 to 1. Of nobody nothing is known.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    if not counts.contacts:
        return Interval(0.0, 1.0)
    z, n, rate = quantile(confidence), counts.contacts, counts.rate
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    # Rounding must not leave the rate itself outside.
    return Interval(max(0.0, min(middle - half, rate)), min(1.0, max(middle + half, rate)))


def newcombe(first: Counts, second: Counts, confidence: float = CONFIDENCE) -> Interval:
    """The interval of second's rate less first's, from -1 to 1, made of both Wilson intervals.

    Newcombe, "Interval estimation for the difference between independent proportions", method 10, Statistics in
    Medicine 17, 1998.
    """
    if not first.contacts or not second.contacts:
        return Interval(-1.0, 1.0)
    one, two = wilson(first, confidence), wilson(second, confidence)
    below = sqrt((second.rate - two.low) ** 2 + (one.high - first.rate) ** 2)
    above = sqrt((two.high - second.rate) ** 2 + (first.rate - one.low) ** 2)
    difference = second.rate - first.rate
    return Interval(difference - below, difference + above)


def relative(first: Counts, second: Counts, confidence: float = CONFIDENCE) -> Interval | None:
    """By what part second's rate is above first's: 0.25 is a quarter more. None while nobody or everybody succeeded.

    Walter, "The distribution of Levin's measure of attributable risk", Biometrika 62, 1975: on the log scale with half
    a success and half a contact added.
    """
    if not min(first.contacts, second.contacts) or min(first.successes, second.successes) == 0:
        return None
    low, high = _adjusted(first), _adjusted(second)
    half = quantile(confidence) * sqrt(sum(1 / successes - 1 / contacts for successes, contacts in (low, high)))
    middle = log(high[0] / high[1]) - log(low[0] / low[1])
    return Interval(exp(middle - half) - 1, exp(middle + half) - 1)


def _adjusted(counts: Counts) -> tuple[float, float]:
    return counts.successes + 0.5, counts.contacts + 0.5


def quantile(confidence: float) -> float:
    """Standard deviations on either side that hold this part of a normal distribution."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
