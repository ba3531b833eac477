"""How long it takes until something happens, counting also those to whom it has not happened yet. Pure.

Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53, 1958, with the log-log interval of
Kalbfleisch and Prentice; intervals of a time after Brookmeyer and Crowley, "A confidence interval for the median
survival time", Biometrics 38, 1982.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95

Numbers = npt.NDArray[np.float64]


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
        time = self._first(self.shares <= share, horizon)
        if time is None:
            return None
        low = self._first(self.lows <= share, horizon)
        return TimeEstimate(time, time if low is None else low, self._first(self.highs <= share, horizon))

    def _first(self, which: npt.NDArray[np.bool_], horizon: float) -> float | None:
        found = self.times[which & (self.times <= horizon)]
        return float(found[0]) if len(found) else None


def survival_curve(happened: Sequence[float], waiting: Sequence[float]) -> SurvivalCurve:
    """`happened`: how long it took, of those to whom it has happened. `waiting`: for how long the others are watched.

    Raises ValueError when it has happened to nobody.
    """
    if not happened:
        raise ValueError("It has happened to nobody, so there is no time to estimate.")
    # scipy takes a second to import.
    from scipy.stats import CensoredData, ecdf

    curve = ecdf(CensoredData(uncensored=happened, right=waiting)).sf
    with np.errstate(all="ignore"), catch_warnings():
        # At 0 and 1 the logarithms have no value; what stands there is said below.
        simplefilter("ignore", RuntimeWarning)
        interval = curve.confidence_interval(CONFIDENCE, method="log-log")
    shares = np.asarray(curve.probabilities, dtype=float)
    everybody = np.concatenate([np.asarray(happened, float), np.asarray(waiting, float)])
    return SurvivalCurve(
        times=np.asarray(curve.quantiles, dtype=float),
        shares=shares,
        lows=np.where((shares <= 0) | (shares >= 1), shares, interval.low.probabilities),
        highs=_known_highs(shares, np.asarray(interval.high.probabilities, dtype=float)),
        at_risk=len(everybody) - np.searchsorted(np.sort(everybody), curve.quantiles, side="left").astype(float),
    )


def _known_highs(shares: Numbers, highs: Numbers) -> Numbers:
    """Once nobody is left the estimate knows no spread: the last known end stays."""
    known = np.where(shares >= 1, 1.0, highs)
    left = known[shares > 0]
    return np.where(shares > 0, known, left[-1] if len(left) else 1.0)
