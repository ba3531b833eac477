"""Whether a source's leads become customers more or less often than all other leads of the same weeks. Pure.

Leads of last week have had no time to buy, so a source is compared within each week: the differences are weighted as
Mantel and Haenszel do ("Statistical aspects of the analysis of data from retrospective studies of disease", Journal of
the National Cancer Institute 22, 1959), with the variance that they have where there is no difference. The p-value is
always valid, as that of split tests: whoever looks at the report every day is not led astray by the best day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from models.splits.statistics.always_valid import ERROR, MIN_EXPECTED, critical_difference, evidence
from models.splits.statistics.interval import Interval
from models.splits.statistics.winner_rule import lift_at


@dataclass(frozen=True)
class WeekOfLeads:
    """The leads of one week, of a source and of all others, and how many of them are customers by now."""

    leads: int
    customers: int
    other_leads: int
    other_customers: int

    @property
    def _all(self) -> int:
        return self.leads + self.other_leads

    @property
    def _bought(self) -> int:
        return self.customers + self.other_customers

    @property
    def weight(self) -> float:
        """How much the week says: nothing where one side has no leads."""
        return self.leads * self.other_leads / self._all if self._all else 0.0

    @property
    def expected(self) -> float:
        """How many customers the source would have, were it like all leads of the week."""
        return self.leads * self._bought / self._all if self.weight else 0.0

    @property
    def excess(self) -> float:
        """By how many it has more: the difference of the shares times the weight."""
        return self.customers - self.expected if self.weight else 0.0

    @property
    def variance(self) -> float:
        """Of the excess, where there is no difference: that of drawing without putting back."""
        if not self.weight or self._all < 2:
            return 0.0
        left = self._all - self._bought
        return self.leads * self.other_leads * self._bought * left / (self._all**2 * (self._all - 1))


@dataclass(frozen=True)
class Quality:
    """A source beside all others."""

    difference: float
    """The share of its leads that are customers, less that of the others in the same weeks; from -1 to 1."""
    interval: Interval
    """Of the difference, corrected for how many sources are compared."""
    p: float
    """Likewise corrected."""
    is_known: bool
    """Whether there are enough customers to say anything."""

    @property
    def is_better(self) -> bool:
        """By more than chance explains."""
        return self.is_known and self.p < ERROR and self.difference > 0

    @property
    def is_worse(self) -> bool:
        """Likewise."""
        return self.is_known and self.p < ERROR and self.difference < 0


UNKNOWN = Quality(0.0, Interval(-1.0, 1.0), 1.0, is_known=False)


def compare_quality(weeks: Sequence[WeekOfLeads], sources: int) -> Quality:
    """One source beside all others; `sources` are compared in all, each with its part of the error."""
    weight = sum(week.weight for week in weeks)
    variance = sum(week.variance for week in weeks)
    if not weight or not variance or not _has_enough(weeks):
        return UNKNOWN
    difference, v = sum(week.excess for week in weeks) / weight, variance / weight**2
    lift = lift_at(_rate(weeks))
    p = min(1.0, exp(-max(0.0, evidence(difference, v, lift))) * max(1, sources))
    half = critical_difference(v, lift, ERROR / max(1, sources))
    return Quality(difference, Interval(max(-1.0, difference - half), min(1.0, difference + half)), p, is_known=True)


def _rate(weeks: Sequence[WeekOfLeads]) -> float:
    leads = sum(week.leads + week.other_leads for week in weeks)
    # One of each added, for before the first customers.
    return (sum(week.customers + week.other_customers for week in weeks) + 1) / (leads + 2)


def _has_enough(weeks: Sequence[WeekOfLeads]) -> bool:
    """Cochran's rule: customers, and others, that are to be expected on either side."""
    compared = [week for week in weeks if week.weight]
    expected = sum(week.expected for week in compared)
    others = sum(week.customers + week.other_customers for week in compared) - expected
    leads, other_leads = (sum(n) for n in zip(*((week.leads, week.other_leads) for week in compared), strict=True))
    return min(expected, others, leads - expected, other_leads - others) >= MIN_EXPECTED
