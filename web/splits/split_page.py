"""One split test: what it says in words, its figures, its pictures, and what else was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.splits.decide import Judged, judge_one, lift_of
from models.splits.statistics.comparing import Comparison
from models.splits.statistics.interval import Counts, Interval, wilson
from web.splits.split_chart import Chart, difference_chart, p_chart
from web.splits.split_grid import Grid, grids
from web.splits.split_holdout import Brings, brings
from web.splits.split_plan_words import goal_words
from web.splits.split_words import first_two, turned


@dataclass(frozen=True)
class VariantLine:
    """One variant in figures."""

    name: str
    share: float
    drawn: int
    """Of those that are compared."""
    counts: Counts
    interval: Interval
    pending: Counts
    low: float
    """Where the interval and the rate stand on the bar, from 0 to 100."""
    at: float
    high: float


@dataclass(frozen=True)
class Compared:
    """Two variants, the one that is ahead first."""

    ahead: str
    behind: str
    by: float
    interval: Interval
    """Of the difference, for one look."""
    always_valid: Interval
    comparison: Comparison


@dataclass(frozen=True)
class Guarded:
    """How often something bad happened after each variant."""

    event: str
    counts: dict[str, Counts]
    harmed: list[str]
    """The variants that do it more than another one."""


@dataclass(frozen=True)
class SplitPage:
    """The whole page."""

    judged: Judged
    lines: list[VariantLine]
    compared: list[Compared]
    charts: list[Chart]
    guarded: list[Guarded]
    grids: list[Grid]
    brings: Brings | None


def split_page(connection: Connection, name: str, now: datetime) -> SplitPage | None:
    """A test by its name; None when there is none."""
    judged = judge_one(connection, name, now)
    if judged is None:
        return None
    return SplitPage(
        judged=judged,
        lines=variant_lines(judged),
        compared=[_compared(one) for one in judged.verdict.comparisons],
        charts=_charts(judged),
        guarded=[_guarded(judged, event) for event in judged.results.guardrails],
        grids=list(grids(connection, judged, now)),
        brings=brings(connection, judged, now) if judged.test.is_holdout else None,
    )


def variant_lines(judged: Judged) -> list[VariantLine]:
    """Each variant; all bars have the same scale."""
    found = judged.results
    intervals = {variant: wilson(counts) for variant, counts in found.counts.items()}
    longest = max((one.high for variant, one in intervals.items() if found.counts[variant].contacts), default=1.0)
    return [
        VariantLine(
            name=variant,
            share=share,
            drawn=found.counts[variant].contacts + found.pending[variant].contacts,
            counts=found.counts[variant],
            interval=intervals[variant],
            pending=found.pending[variant],
            low=_place(intervals[variant].low, longest),
            at=_place(found.counts[variant].rate, longest),
            high=_place(intervals[variant].high, longest),
        )
        for variant, share in found.draws.shares.items()
    ]


def _place(rate: float, longest: float) -> float:
    return round(100 * min(1.0, rate / longest), 1)


def _compared(one: Comparison) -> Compared:
    ahead, behind, by, always_valid = turned(one)
    low, high = one.interval
    interval = one.interval if ahead == one.second else Interval(-high, -low)
    return Compared(ahead, behind, by, interval, always_valid, one)


def _charts(judged: Judged) -> list[Chart]:
    comparison = first_two(judged)
    if comparison is None:
        return []
    # A journey is always held against no journey, also where it does harm.
    ahead, behind = (comparison.second, comparison.first) if judged.test.is_holdout else turned(comparison)[:2]
    drawn = (make(judged.results.looks, ahead, behind, lift_of(judged.results)) for make in (difference_chart, p_chart))
    return [chart for chart in drawn if chart]


def _guarded(judged: Judged, event: str) -> Guarded:
    harmed = [harm.variant for harm in judged.verdict.harms if harm.event == event]
    return Guarded(goal_words(event), judged.results.guardrails[event], harmed)


def series(judged: Judged) -> list[Sequence[object]]:
    """Day, variant, contacts, successes, rate and its interval: what was known at the end of each day."""
    return [
        (look.day, variant, of.contacts, of.successes, f"{of.rate:.6f}", *(f"{end:.6f}" for end in wilson(of)))
        for look in judged.results.looks
        for variant, of in look.counts.items()
    ]
