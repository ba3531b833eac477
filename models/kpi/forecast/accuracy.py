"""How far off forecasts of the past were, beside the naive one; whether the difference is more than chance. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

LEAST_MONTHS = 6
"""With fewer no difference can be told from chance."""
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class PastMonth:
    """One month of the back-test, in orders or in money."""

    forecast: float
    low: float
    high: float
    naive: float
    actual: float


@dataclass(frozen=True)
class Accuracy:
    """Mean absolute errors over some months, in the unit of what was forecast."""

    months: int
    error: float
    naive_error: float
    within: int
    """Months that came into their interval."""
    p_value: float
    """The chance of so much an advantage over the naive forecast if neither were better."""

    @property
    def is_better(self) -> bool:
        """Whether the forecast has proved better than the naive one."""
        return self.months >= LEAST_MONTHS and self.error < self.naive_error and self.p_value < SIGNIFICANT


def accuracy(tested: Sequence[PastMonth]) -> Accuracy | None:
    """The errors of a back-test; None without any month.

    The p-value is that of the exact sign-flip test of paired differences (Fisher, "The Design of Experiments", 1935).
    """
    if not tested:
        return None
    errors = np.array([abs(one.forecast - one.actual) for one in tested])
    naive = np.array([abs(one.naive - one.actual) for one in tested])
    return Accuracy(
        months=len(tested),
        error=float(errors.mean()),
        naive_error=float(naive.mean()),
        within=sum(one.low <= one.actual <= one.high for one in tested),
        p_value=_sign_flip(naive - errors),
    )


def _sign_flip(gains: npt.NDArray[np.float64]) -> float:
    signs = np.array(list(product((-1, 1), repeat=len(gains))))
    sums = signs @ gains
    # What comes to the same sum another way is as large; floats may differ in the last digit.
    return float((sums >= gains.sum() - 1e-9 * (1 + abs(gains).sum())).mean())
