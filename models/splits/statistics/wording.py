"""Why a variant is made the winner, in one sentence with all its figures."""

from collections.abc import Mapping

from models import wording
from models.splits.statistics.always_valid import ERROR
from models.splits.statistics.interval import Counts, Interval
from models.splits.statistics.winner_rule import SplitEvaluation


def winner_reason(winner: str, counts: Mapping[str, Counts], evaluation: SplitEvaluation) -> str:
    """For the record that stays with the test. Raises ValueError before there is a plan, for then nothing has won."""
    if evaluation.plan is None:
        raise ValueError(f"'{winner}' cannot have won a test without a result: wait for the first.")
    others = ", ".join(_rate(variant, of) for variant, of in counts.items() if variant != winner)
    largest = max(one.p for one in evaluation.comparisons if winner in (one.first, one.second))
    corrected = " corrected for several comparisons" if len(evaluation.comparisons) > 1 else ""
    return (
        f"{_rate(winner, counts[winner])} against {others}; always-valid p {p_text(largest)}{corrected}; at least "
        f"{evaluation.plan.one_look:,} contacts per variant were planned to find {points(evaluation.plan.lift)}; "
        f"the split is as it should be (p {p_text(evaluation.srm_p)}) and no guardrail is broken"
    )


def _rate(variant: str, counts: Counts) -> str:
    return f"“{variant}” {percent(counts.rate)} ({counts.successes:,} of {counts.contacts:,})"


def percent(rate: float) -> str:
    """`21.3%`; two decimals where there is less than one percent."""
    return wording.percent(rate, 2 if 0 < abs(rate) < 0.01 else 1)


def points(difference: float) -> str:
    """`5.3 points`: differences of percentages are percentage points."""
    size = f"{100 * difference:.2f}" if 0 < abs(difference) < 0.01 else f"{100 * difference:.1f}"
    return f"{size.removesuffix('.0')} {'point' if size in ('1.0', '-1.0') else 'points'}"


def range_of_points(interval: Interval) -> str:
    """`-2.1 to 3.4 points`."""
    return f"{points(interval.low).split()[0]} to {points(interval.high)}"


def p_text(p: float) -> str:
    """`= 0.031`, or `< 0.001`."""
    return "< 0.001" if p < 0.001 else f"= {_rounded(p)}"


def p_alone(p: float) -> str:
    """`0.031`, or `below 0.001`."""
    return "below 0.001" if p < 0.001 else _rounded(p)


def _rounded(p: float) -> str:
    """Not so far that it seems to stand on the other side of ERROR."""
    return next(text for digits in range(3, 18) if (float(text := f"{p:.{digits}f}") < ERROR) == (p < ERROR))
