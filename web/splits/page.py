"""One split test: what it says in words, its figures, its pictures, and what else was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.splits.combinations import amounts_paid
from models.splits.evaluation import EvaluatedSplit, evaluate_by_name, lift_of
from models.splits.results import TakenBack
from models.splits.statistics.comparison import Comparison
from models.splits.statistics.interval import Counts, Interval, wilson
from models.splits.statistics.money import AmountComparison, Amounts, compare_amounts
from web.charts import TrendChart
from web.splits.chart import difference_chart, p_chart
from web.splits.combinations import CombinationGrid, combination_grids
from web.splits.holdout import HoldoutEffect, holdout_effect
from web.splits.interpretation import deciding_comparison, leader_first
from web.splits.plan_text import goal_text


@dataclass(frozen=True)
class VariantLine:
    """One variant in figures."""

    name: str
    share: float
    drawn: int
    """Of those that are compared."""
    counts: Counts
    taken_back: TakenBack
    interval: Interval
    pending: Counts
    low: float
    """Where the interval and the rate stand on the bar, from 0 to 100."""
    at: float
    high: float


@dataclass(frozen=True)
class ComparisonLine:
    """Two variants, the one that is ahead first."""

    ahead: str
    behind: str
    difference: float
    always_valid: Interval
    one_look: Interval | None
    comparison: Comparison

    @property
    def is_contradictory(self) -> bool:
        """Whether some days leave nothing of what the others say."""
        return self.always_valid.low > self.always_valid.high

    @property
    def is_apart(self) -> bool:
        """Whether today's difference lies outside of what all days together leave."""
        return not self.always_valid.low <= self.difference <= self.always_valid.high

    @property
    def together(self) -> Counts:
        """Both variants as one: what a minimum is asked of."""
        return self.comparison.counts[0] + self.comparison.counts[1]


@dataclass(frozen=True)
class AmountLine:
    """What one variant brings in more than another, per contact."""

    ahead: str
    behind: str
    difference: float
    interval: Interval | None


@dataclass(frozen=True)
class CurrencyTable:
    """What the contacts of each variant paid in one currency."""

    currency: str
    amounts: dict[str, Amounts]
    comparisons: list[AmountLine]


@dataclass(frozen=True)
class GuardrailLine:
    """How often something bad happened after each variant."""

    event: str
    counts: dict[str, Counts]
    harmed: list[str]
    """The variants that do it more than another one."""


@dataclass(frozen=True)
class SplitPage:
    """The whole page."""

    evaluated: EvaluatedSplit
    lines: list[VariantLine]
    comparisons: list[ComparisonLine]
    charts: list[TrendChart]
    guardrails: list[GuardrailLine]
    grids: list[CombinationGrid]
    paid: list[CurrencyTable]
    holdout_effect: HoldoutEffect | None


def split_page(connection: Connection, name: str, now: datetime) -> SplitPage | None:
    """A test by its name; None when there is none."""
    evaluated = evaluate_by_name(connection, name, now)
    if evaluated is None:
        return None
    return SplitPage(
        evaluated=evaluated,
        lines=variant_lines(evaluated),
        comparisons=[_comparison_line(one) for one in evaluated.evaluation.comparisons],
        charts=_charts(evaluated),
        guardrails=[_guardrail_line(evaluated, event) for event in evaluated.results.guardrails],
        grids=list(combination_grids(connection, evaluated, now)),
        paid=[_currency_table(*each) for each in amounts_paid(connection, evaluated.results, now).items()],
        holdout_effect=holdout_effect(evaluated) if evaluated.test.is_holdout else None,
    )


def variant_lines(evaluated: EvaluatedSplit) -> list[VariantLine]:
    """Each variant; all bars have the same scale."""
    found = evaluated.results
    intervals = {variant: wilson(counts) for variant, counts in found.counts.items()}
    longest = max((one.high for variant, one in intervals.items() if found.counts[variant].contacts), default=1.0)
    return [
        VariantLine(
            name=variant,
            share=share,
            drawn=found.counts[variant].contacts + found.pending[variant].contacts,
            counts=found.counts[variant],
            taken_back=found.taken_back[variant],
            interval=intervals[variant],
            pending=found.pending[variant],
            low=_bar_position(intervals[variant].low, longest),
            at=_bar_position(found.counts[variant].rate, longest),
            high=_bar_position(intervals[variant].high, longest),
        )
        for variant, share in found.draws.shares.items()
    ]


def _bar_position(rate: float, longest: float) -> float:
    return round(100 * min(1.0, rate / longest), 1)


def _comparison_line(one: Comparison) -> ComparisonLine:
    ahead, behind, by, always_valid = leader_first(one)
    one_look = one.one_look.interval if one.one_look else None
    if one_look and ahead != one.second:
        one_look = Interval(-one_look.high, -one_look.low)
    return ComparisonLine(ahead, behind, by, always_valid, one_look, one)


def _currency_table(currency: str, amounts: dict[str, Amounts]) -> CurrencyTable:
    return CurrencyTable(currency, amounts, [_amount_line(one) for one in compare_amounts(amounts)])


def _amount_line(one: AmountComparison) -> AmountLine:
    if one.difference >= 0 or one.interval is None:
        ahead, behind = (one.second, one.first) if one.difference >= 0 else (one.first, one.second)
        return AmountLine(ahead, behind, abs(one.difference), one.interval)
    return AmountLine(one.first, one.second, -one.difference, Interval(-one.interval.high, -one.interval.low))


def _charts(evaluated: EvaluatedSplit) -> list[TrendChart]:
    comparison = deciding_comparison(evaluated)
    if comparison is None:
        return []
    # A journey is always compared with no journey, also where it does harm.
    ahead, behind = (comparison.second, comparison.first) if evaluated.test.is_holdout else leader_first(comparison)[:2]
    found = evaluated.results
    drawn = (
        make(found.looks, ahead, behind, lift_of(found), len(found.variants)) for make in (difference_chart, p_chart)
    )
    return [chart for chart in drawn if chart]


def _guardrail_line(evaluated: EvaluatedSplit, event: str) -> GuardrailLine:
    harmed = [harm.variant for harm in evaluated.evaluation.harms if harm.event == event]
    return GuardrailLine(goal_text(event), evaluated.results.guardrails[event], harmed)


def daily_rows(evaluated: EvaluatedSplit) -> list[Sequence[object]]:
    """Day, variant, contacts, successes, rate and its interval: what was known at the end of each day."""
    return [
        (look.day, variant, of.contacts, of.successes, f"{of.rate:.6f}", *(f"{end:.6f}" for end in wilson(of)))
        for look in evaluated.results.looks
        for variant, of in look.counts.items()
    ]
