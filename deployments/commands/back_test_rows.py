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
    shares = (result.hot_close_rate, result.other_close_rate, result.buyer_recall)
    numbers = [f"{result.score.normalize():f}", f"{result.hot:,}", f"{result.calls_a_week:,.1f}"]
    return [result.name, *numbers, *(f"{share:.1%}" if share is not None else "-" for share in shares), before]
