"""Intervals for rates and differences that are looked at once, at a time that was set before."""

from dataclasses import dataclass
from datetime import date
from math import acos, copysign, cos, exp, inf, log, pi, sqrt
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
PRECISION = 1e-9
"""Of the ends of an interval that is searched for."""


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


def score_interval(first: Counts, second: Counts, confidence: float = CONFIDENCE) -> Interval:
    """The interval of second's rate less first's, from -1 to 1: the differences that a pooled z-test does not reject.

    So it leaves 0 out exactly when the p-value of that test is below 1 - confidence. Mee, "Confidence bounds for the
    difference between two probabilities", Biometrics 40, 1984.
    """
    if not first.contacts or not second.contacts:
        return Interval(-1.0, 1.0)
    z, middle = quantile(confidence), second.rate - first.rate
    return Interval(_last_within(first, second, z, middle, -1.0), _last_within(first, second, z, middle, 1.0))


def _last_within(first: Counts, second: Counts, z: float, inside: float, outside: float) -> float:
    """Between a difference that is not rejected and the end of what can be: the last that is not."""
    if abs(score_z(first, second, outside)) <= z:
        return outside
    while abs(outside - inside) > PRECISION:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if abs(score_z(first, second, middle)) <= z else (inside, middle)
    return inside


def score_z(first: Counts, second: Counts, difference: float) -> float:
    """How many standard errors what was seen is away from this difference; infinite where it cannot be."""
    rate = _rate_given(first, second, difference)
    other = rate + difference
    spread = max(0.0, rate * (1 - rate)) / first.contacts + max(0.0, other * (1 - other)) / second.contacts
    away = second.rate - first.rate - difference
    if spread <= PRECISION**2:
        return 0.0 if abs(away) <= PRECISION else copysign(inf, away)
    return away / sqrt(spread)


def _rate_given(first: Counts, second: Counts, difference: float) -> float:
    """First's most likely rate if second's is above it by exactly `difference`.

    Farrington and Manning, "Test statistics and sample size formulae for comparative binomial trials", Statistics in
    Medicine 9, 1990: the root of a cubic.
    """
    if difference == 0:
        return (first + second).rate
    share = first.contacts / second.contacts
    a = 1 + share
    b = -(1 + share + second.rate + share * first.rate + difference * (share + 2))
    c = difference**2 + difference * (2 * second.rate + share + 1) + second.rate + share * first.rate
    d = -second.rate * difference * (1 + difference)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = copysign(sqrt(max(0.0, b**2 / (3 * a) ** 2 - c / (3 * a))), v)
    w = (pi + acos(min(1.0, max(-1.0, v / u**3)))) / 3 if u else pi / 3
    rate = 2 * u * cos(w) - b / (3 * a) - difference
    return min(max(rate, 0.0, -difference), 1.0, 1.0 - difference)


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
