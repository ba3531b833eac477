"""Keep, raise or cut a source: a rule in words with the figures that it goes by, and never from chance. Pure.

Of fewer than SMALL leads nothing is said. Else a source is cut when it costs more than its orders may, or when its
leads become customers less often than those of all others. It is raised when its leads do so more often, or when its
orders cost less than the playbook says that they may, or where it does not say, than those of the other sources. Each
of these counts only where chance does not explain it. What it costs must say the same in both readings: orders of leads
of the last weeks are still to come, and orders of now come of leads of before.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models.kpi.contribution.read.quality import Quality
from models.kpi.contribution.read.source_metrics import SourceMetrics
from models.kpi.interval import SMALL, count_interval
from models.wording import counted, money, percent

RULE = (
    f"Of fewer than {SMALL} leads nothing is said. A source is cut if it costs more than its orders may, or if its "
    "leads become customers less often than all other leads of the same weeks. It is raised if they do so more often, "
    "or if its orders cost less than the playbook says they may or, where it does not say, than those of the other "
    "sources. Only what chance does not explain counts."
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


@dataclass(frozen=True)
class OtherCosts:
    """What all other sources of which somebody says the cost have cost, and how many orders they brought."""

    spend: Decimal = Decimal(0)
    orders: int = 0

    @property
    def order_at_least(self) -> Decimal | None:
        """What an order of theirs costs with as many orders as chance allows; None where there is nothing to say."""
        expected = count_interval(self.orders)
        return self.spend / Decimal(expected.high) if self.spend and self.orders and expected else None


@dataclass(frozen=True)
class Costs:
    """A source in one reading, beside the others."""

    own: SourceMetrics
    others: OtherCosts

    def loses(self, limit: OrderCost | None) -> bool:
        """Even with as many orders as chance allows it costs more than they may."""
        expected, spend = count_interval(self.own.orders), self.own.spend
        return bool(limit and expected and spend is not None and spend > limit.at_most * Decimal(expected.high))

    def pays(self, limit: OrderCost | None) -> bool:
        """Even with as few orders as chance allows they cost less than they may, or than those of other sources."""
        at_most = limit.at_most if limit and limit.is_set else self.others.order_at_least
        expected, spend = count_interval(self.own.orders), self.own.spend
        return bool(at_most and expected and spend is not None and spend < at_most * Decimal(expected.low))


def advise(cohort: Costs, period: Costs, quality: Quality, limit: OrderCost | None, currency: str) -> Advice:
    """What the figures of a source support. `limit` is None where nobody has ordered and the playbook does not say."""
    if cohort.own.leads < SMALL:
        return Advice(Action.TOO_FEW, f"{_leads(cohort.own)}, of which little can be said: {SMALL} are needed.")
    loses, pays = (
        all(of) for of in zip(*((one.loses(limit), one.pays(limit)) for one in (cohort, period)), strict=True)
    )
    about_quality = _quality_words(cohort.own, quality)
    about_cost = _cost_words(cohort.own, limit, currency, loses=loses, pays=pays)
    if loses:
        return Advice(Action.CUT, f"{about_cost} {about_quality}")
    if quality.is_worse and not pays:
        return Advice(Action.CUT, f"{about_quality} {about_cost}")
    if quality.is_better:
        return Advice(Action.RAISE, f"{about_quality} {about_cost}")
    if pays and not quality.is_worse:
        return Advice(Action.RAISE, f"{about_cost} {about_quality}")
    return Advice(Action.KEEP, f"{about_quality} {about_cost}")


def _leads(metrics: SourceMetrics) -> str:
    return counted(metrics.leads, "lead") if metrics.leads else "No lead"


def _quality_words(cohort: SourceMetrics, quality: Quality) -> str:
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
    return f"{own}, no more and no fewer than chance explains beside {of_others}"


def _cost_words(cohort: SourceMetrics, limit: OrderCost | None, currency: str, *, loses: bool, pays: bool) -> str:
    if cohort.spend is None:
        return "Nobody has said what it cost."
    cost = cohort.cost_per_order
    spent = f"It cost {money(cohort.spend, currency)}"
    if cost is None:
        return f"{spent}, and none of its leads has ordered yet."
    beside = f", where an order {limit.words} {money(round(limit.at_most, 2), currency)}" if limit else ""
    judged = " That is more than it may be, in both readings." if loses else ""
    if pays:
        than = "it may be" if limit and limit.is_set else "by other sources"
        judged = f" That is less than {than}, in both readings."
    return f"{spent}, {money(round(cost, 2), currency)} an order{beside}.{judged}"
