"""Two groups compared within strata, such as leads of the same source; and how many claims chance may make. Pure."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import erfc, sqrt
from typing import TypeVar

from models.splits.statistics.interval import Counts, Interval, quantile

Name = TypeVar("Name", bound=Hashable)

SMALLEST_GROUP = 30
"""Nothing is said of fewer."""
ERROR = 0.05
"""How often chance alone may lead to a claim, over all that is asked."""
MIN_EXPECTED = 5
"""Successes and failures to be expected on either side, or the normal distribution says too little."""


@dataclass(frozen=True)
class Stratum:
    """Those alike in one respect: of a group, and the others."""

    group: Counts
    others: Counts

    @property
    def both(self) -> Counts:
        """Everybody in it."""
        return self.group + self.others

    @property
    def weight(self) -> float:
        """What it says of a difference, by Mantel and Haenszel; 0 where there is nobody to compare with."""
        return self.group.contacts * self.others.contacts / self.both.contacts if self.both.contacts else 0.0


@dataclass(frozen=True)
class StratifiedComparison:
    """A group beside the others, in the strata that have both."""

    group: Counts
    others: Counts
    difference: float
    """The others' rate less the group's, from -1 to 1, among those who are alike."""
    interval: Interval
    p: float
    """Two-sided, of one comparison."""


def compare_strata(strata: Iterable[Stratum]) -> StratifiedComparison | None:
    """None where a group is too small to say anything of it.

    The difference is that of Mantel and Haenszel, with the variance that holds for few large and for many small strata:
    Sato, Greenland and Robins, "On the variance estimator for the Mantel-Haenszel risk difference", Biometrics 45,
    1989. The p-value is that of Cochran, Mantel and Haenszel, without a correction for continuity.
    """
    told = [stratum for stratum in strata if stratum.weight]
    group = sum((stratum.group for stratum in told), Counts())
    others = sum((stratum.others for stratum in told), Counts())
    if not _has_enough(group, others):
        return None
    weight = sum(stratum.weight for stratum in told)
    difference = sum(stratum.weight * (stratum.others.rate - stratum.group.rate) for stratum in told) / weight
    half = quantile(0.95) * sqrt(max(0.0, _variance(told, -difference))) / weight
    return StratifiedComparison(group, others, difference, Interval(difference - half, difference + half), _p(told))


def _has_enough(group: Counts, others: Counts) -> bool:
    both, smaller = group + others, min(group.contacts, others.contacts)
    return smaller >= SMALLEST_GROUP and smaller * min(both.rate, 1 - both.rate) >= MIN_EXPECTED


def _variance(strata: Iterable[Stratum], difference: float) -> float:
    """Of the weighted sum of the differences; `difference` is the group's rate less the others', as in the article."""
    total = 0.0
    for stratum in strata:
        a, n1 = stratum.group.successes, stratum.group.contacts
        c, n0 = stratum.others.successes, stratum.others.contacts
        n = n0 + n1
        p = (n1**2 * c - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2
        total += difference * p + (a * (n0 - c) + c * (n1 - a)) / (2 * n)
    return total


def _p(strata: Iterable[Stratum]) -> float:
    away, variance = 0.0, 0.0
    for stratum in strata:
        n, successes = stratum.both.contacts, stratum.both.successes
        away += stratum.group.successes - stratum.group.contacts * successes / n
        if n > 1:
            variance += stratum.weight * successes * (n - successes) / (n * (n - 1))
    return erfc(abs(away) / sqrt(2 * variance)) if variance else 1.0


def rejected_by_holm(p_values: Mapping[Name, float], error: float = ERROR) -> dict[Name, float]:
    """Of null hypotheses, by name, those that are rejected, with the factor that each p-value was multiplied by.

    As often as `error` says chance alone makes any claim at all. Holm, "A simple sequentially rejective multiple test
    procedure", Scandinavian Journal of Statistics 6, 1979.
    """
    rejected: dict[Name, float] = {}
    for place, name in enumerate(sorted(p_values, key=lambda name: (p_values[name], str(name)))):
        factor = len(p_values) - place
        if p_values[name] * factor >= error:
            break
        rejected[name] = float(factor)
    return rejected
