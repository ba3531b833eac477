"""How long it takes until something happens, counting also those to whom it has not happened yet. Pure.

Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53, 1958, with the log-log interval of
Kalbfleisch and Prentice; intervals of a time after Brookmeyer and Crowley, "A confidence interval for the median
survival time", Biometrics 38, 1982.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
ROUNDING = 1e-9

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lengths:
    """How long something took, or has lasted so far: lengths in any order and unit, and how many have each of them."""

    times: Numbers
    counts: Numbers

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, int]]) -> "Lengths":
        """From pairs of (length, how many)."""
        found = np.array([pair for pair in pairs if pair[1]], dtype=float).reshape(-1, 2)
        return cls(found[:, 0], found[:, 1])

    @classmethod
    def counted(cls, each: Sequence[float] | Numbers) -> "Lengths":
        """From a length for each; those that are alike are counted together."""
        times, counts = np.unique(np.asarray(each, dtype=float), return_counts=True)
        return cls(times, counts.astype(float))

    @classmethod
    def together(cls, several: Sequence["Lengths"]) -> "Lengths":
        """All of them; at least one is given."""
        return cls(np.concatenate([one.times for one in several]), np.concatenate([one.counts for one in several]))

    @property
    def total(self) -> int:
        """How many there are, all together."""
        return int(self.counts.sum())

    def within(self, time: float) -> int:
        """How many are no longer than that."""
        return int(self.counts[self.times <= time].sum())


NO_LENGTHS = Lengths.of(())


@dataclass(frozen=True)
class TimeEstimate:
    """A time, in the unit of what was handed in, and its interval; `high` is None where the data end before it."""

    time: float
    low: float
    high: float | None


@dataclass(frozen=True)
class SurvivalCurve:
    """The share to whom it has not happened yet, at each time at which it happened or somebody was last seen."""

    times: Numbers
    shares: Numbers
    lows: Numbers
    highs: Numbers
    at_risk: Numbers
    """How many were still watched, just before each time."""

    def horizon(self, least: float) -> float | None:
        """The last time at which at least so many were still watched; later the curve hangs on a few. None without."""
        known = self.times[self.at_risk >= least]
        return float(known[-1]) if len(known) else None

    def share_at(self, time: float) -> tuple[float, float, float]:
        """The share to whom it has not happened by then, with its interval: (share, low, high)."""
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.shares[place]), float(self.lows[place]), float(self.highs[place])

    def time_until(self, share: float, horizon: float) -> TimeEstimate | None:
        """When the share falls to `share`; None if it does not by the horizon."""
        time = self._first_below(self.shares, share, horizon)
        if time is None:
            return None
        low = self._first_below(self.lows, share, horizon)
        return TimeEstimate(time, time if low is None else low, self._first_below(self.highs, share, horizon))

    def _first_below(self, shares: Numbers, share: float, horizon: float) -> float | None:
        # A product of fractions that is a half comes out as a little more.
        found = self.times[(shares <= share + ROUNDING) & (self.times <= horizon)]
        return float(found[0]) if len(found) else None


def survival_curve(happened: Sequence[float], waiting: Sequence[float]) -> SurvivalCurve:
    """`happened`: how long it took, of those to whom it has happened. `waiting`: for how long the others are watched.

    Raises ValueError when it has happened to nobody.
    """
    return weighted_survival_curve(Lengths.counted(happened), Lengths.counted(waiting))


def weighted_survival_curve(happened: Lengths, waiting: Lengths) -> SurvivalCurve:
    """The same from counts. So a million who waited are a few hundred lengths.

    Raises ValueError when it has happened to nobody.
    """
    if not happened.total:
        raise ValueError("It has happened to nobody, so there is no time to estimate.")
    times, place = _distinct(np.concatenate([happened.times, waiting.times]))
    happening = np.bincount(place[: len(happened.times)], happened.counts, len(times)).astype(float)
    leaving = np.bincount(place, np.concatenate([happened.counts, waiting.counts]), len(times)).astype(float)
    # Whoever was last seen at a moment at which it happens to others is still at risk then.
    at_risk = leaving[::-1].cumsum()[::-1]
    shares = np.cumprod(1 - happening / at_risk)
    lows, highs = _log_log_interval(shares, happening, at_risk)
    return SurvivalCurve(times=times, shares=shares, lows=lows, highs=highs, at_risk=at_risk)


def _distinct(each: Numbers) -> tuple[Numbers, npt.NDArray[np.intp]]:
    """The times, each once and in rising order, and of each that was given its place among them."""
    # Both parts mostly come in order: this sort merges them, which that of np.unique does not.
    order = np.argsort(each, kind="stable")
    rising = each[order]
    is_new = np.concatenate([[True], rising[1:] != rising[:-1]])
    place = np.empty(len(each), dtype=np.intp)
    place[order] = np.cumsum(is_new) - 1
    return rising[is_new], place


def _log_log_interval(shares: Numbers, happening: Numbers, at_risk: Numbers) -> tuple[Numbers, Numbers]:
    """By Greenwood's variance on the scale of log(-log(share)); the share itself where all are waiting, or none."""
    inside = (shares > 0) & (shares < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(happening / (at_risk * (at_risk - happening)))
        logs = np.where(inside, np.log(shares), -1.0)
        half = np.where(inside, NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * np.sqrt(variance) / -logs, 0.0)
    safe = np.where(inside, shares, 1.0)
    lows = np.where(inside, safe ** np.exp(half), shares)
    return lows, _known_highs(shares, np.where(inside, safe ** np.exp(-half), np.nan))


def _known_highs(shares: Numbers, highs: Numbers) -> Numbers:
    """Once nobody is left the estimate knows no spread: the last known end stays."""
    known = np.where(shares >= 1, 1.0, highs)
    left = known[shares > 0]
    return np.where(shares > 0, known, left[-1] if len(left) else 1.0)
