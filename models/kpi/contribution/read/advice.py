"""Keep, raise or cut a source: a rule in words with the figures that it goes by, and never from chance. Pure.

Of fewer than SMALL leads nothing is said. Else a source is cut when more of it costs more than it brings, or when its
leads become customers less often than those of all others; it is raised when its leads do so more often, or when its
orders cost less than they may. Each of these counts only where chance does not explain it. What it costs must say the
same in both readings: orders of leads of the last weeks are still to come, and orders of now come of leads of before.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models.kpi.contribution.read.figures import SourceFigures
from models.kpi.contribution.read.quality import Quality
from models.kpi.interval import SMALL, count_interval
from models.wording import counted, money, percent

RULE = (
    f"Of fewer than {SMALL} leads nothing is said. A source is cut if it costs more than it brings, or if its leads "
    "become customers less often than all other leads of the same weeks; it is raised if they do so more often, or if "
    "its orders cost less than they may. Only what chance does not explain counts."
)


class Action(StrEnum):
    """What to do about a source."""

    RAISE = "raise"
    KEEP = "keep"
    CUT = "cut"
    TOO_FEW = "too few to say"


@dataclass(frozen=True)
class Advice:
    """What to do, and why."""

    action: Action
    reason: str
    """Sentences with the figures."""


@dataclass(frozen=True)
class OrderCost:
    """What an order may cost."""

    at_most: Decimal
    is_set: bool
    """The playbook says so; else it is what an order brings on average."""

    @property
    def words(self) -> str:
        """What it is."""
        return "may cost by the playbook" if self.is_set else "brings on average"


def advise(
    cohort: SourceFigures, period: SourceFigures, quality: Quality, limit: OrderCost | None, currency: str
) -> Advice:
    """What the figures of a source support. `limit` is None where nobody has ordered and the playbook does not say."""
    if cohort.leads < SMALL:
        return Advice(Action.TOO_FEW, f"{_leads(cohort)}, of which little can be said: {SMALL} are needed.")
    loses, pays = _loses(cohort, limit) and _loses(period, limit), _pays(cohort, limit) and _pays(period, limit)
    reason = f"{_quality_words(cohort, quality)} {_cost_words(cohort, limit, currency)}"
    if loses or (quality.is_worse and not pays):
        return Advice(Action.CUT, reason)
    if (quality.is_better or pays) and not quality.is_worse:
        return Advice(Action.RAISE, reason)
    return Advice(Action.KEEP, reason)


def _loses(figures: SourceFigures, limit: OrderCost | None) -> bool:
    """Even with as many orders as chance allows it would cost more than that."""
    expected = count_interval(figures.orders)
    return bool(
        limit and expected and figures.spend is not None and figures.spend > limit.at_most * Decimal(expected.high)
    )


def _pays(figures: SourceFigures, limit: OrderCost | None) -> bool:
    """Even with as few orders as chance allows it would cost less."""
    expected = count_interval(figures.orders)
    return bool(
        limit and expected and figures.spend is not None and figures.spend < limit.at_most * Decimal(expected.low)
    )


def _leads(figures: SourceFigures) -> str:
    return counted(figures.leads, "lead") if figures.leads else "No lead"


def _quality_words(cohort: SourceFigures, quality: Quality) -> str:
    share = cohort.customer_share
    own = f"{percent(share.value or 0, 1)} of {counted(share.of, 'lead')} have become customers"
    if not quality.is_known:
        return f"{own}; there are too few customers to compare that with other sources."
    low, high = quality.interval
    ends = f"{100 * low:+.1f} to {100 * high:+.1f} points, p = {quality.p:.2g}"
    others = percent(max(0.0, (share.value or 0) - quality.difference), 1)
    of_others = f"the {others} of other leads of the same weeks ({ends})."
    if quality.is_better or quality.is_worse:
        return f"{own}, {'more' if quality.is_better else 'less'} than {of_others}"
    return f"{own}, which chance explains beside {of_others}"


def _cost_words(cohort: SourceFigures, limit: OrderCost | None, currency: str) -> str:
    if cohort.spend is None:
        return "Nobody has said what it cost."
    cost = cohort.cost_per_order
    spent = f"It cost {money(cohort.spend, currency)}"
    if cost is None:
        return f"{spent}, and none of its leads has ordered yet."
    beside = f", where an order {limit.words} {money(round(limit.at_most, 2), currency)}" if limit else ""
    return f"{spent}, {money(round(cost, 2), currency)} an order{beside}."
