"""A row of `tend score-test`, as the terminal and the HTML report both show it."""

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.scoring.back_test import ThresholdResult

IN_FORCE, TRIED = "in force", "tried"
"""The names of the two playbooks that are compared."""


def metric_cells(result: "ThresholdResult") -> list[str]:
    """The cells of a threshold's row."""
    before = f"{result.median_lead_time / timedelta(days=1):,.1f} d" if result.median_lead_time is not None else "-"
    others, bought_others = result.leads - result.hot, result.bought - result.hot_bought
    shares = ((result.hot_bought, result.hot), (bought_others, others), (result.hot_bought, result.bought))
    numbers = [f"{result.score.normalize():f}", f"{result.hot:,}", f"{result.calls_a_week:,.1f}"]
    return [result.name, *numbers, *(_share(*share) for share in shares), before]


def _share(part: int, of: int) -> str:
    """`40.0% (12-77)`: with where the true share lies in percent, for few leads show a lot by chance."""
    from models.splits.statistics.interval import Counts, wilson

    if not of:
        return "-"
    low, high = wilson(Counts(of, part))
    return f"{part / of:.1%} ({100 * low:.0f}-{100 * high:.0f})"
