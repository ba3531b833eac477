"""What a journey brings beyond those who would have come to its goal anyway."""

from dataclasses import dataclass
from math import erf, sqrt

from models.splits import HELD_OUT, ON_THE_JOURNEY
from models.splits.evaluation import EvaluatedSplit, lift_of
from models.splits.statistics.always_valid import ERROR, critical_difference, has_enough, variance
from models.splits.statistics.interval import Counts, Interval, relative


@dataclass(frozen=True)
class HoldoutEffect:
    """By what part the rate on the journey is above that off it, and its range, looked at daily."""

    lift: float
    relative_lift: Interval


def holdout_effect(evaluated: EvaluatedSplit) -> HoldoutEffect | None:
    """Of a holdout; None while it lacks one of its two variants or the figures that a range needs."""
    counts = evaluated.results.counts
    if not {HELD_OUT, ON_THE_JOURNEY} <= counts.keys():
        return None
    held, on = counts[HELD_OUT], counts[ON_THE_JOURNEY]
    found = _relative_lift(held, on, lift_of(evaluated.results)) if has_enough(held, on) else None
    if found is None:
        return None
    if not any(one.better for one in evaluated.evaluation.comparisons):
        # A relation is calculated in another way than a difference, and must not claim more than its p-value does.
        found = Interval(min(found.low, 0.0), max(found.high, 0.0))
    return HoldoutEffect(on.rate / held.rate - 1, found)


def _relative_lift(held: Counts, on: Counts, lift: float) -> Interval | None:
    """As wide, in standard errors, as the always-valid interval of the difference at this look."""
    v = variance(held, on)
    deviations = critical_difference(v, lift, ERROR) / sqrt(v)
    return relative(held, on, erf(deviations / sqrt(2)))
