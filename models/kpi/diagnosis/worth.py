"""What a success that was missed may be worth in orders and money, by this business's own rates."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import sqrt
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.kpi.diagnosis.judgement import EXPOSED, OTHERS, Claim, GroupCounts, compare_exposed
from models.kpi.diagnosis.rules import Success
from models.kpi.diagnosis.stratified import ERROR, SMALLEST_GROUP
from models.splits.statistics.interval import Counts, Interval, quantile

Z = quantile(0.95)

TALKS = text("SELECT count(*), count(*) FILTER (WHERE ordered) FROM diagnosed_talk WHERE is_now")

ANSWERS = text("""
-- Of requests that could be waited for: who was answered in time, and whether they ordered.
SELECT source, answered_in_time, count(*), count(*) FILTER (WHERE ordered)
FROM diagnosed_request WHERE is_ripe GROUP BY 1, 2
""")

MEAN_SALE = text("""
SELECT sum(amount) / nullif(sum(count), 0) FROM kpi_daily
WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0 AND measure = 'sale' AND currency = :currency
  AND day BETWEEN :first AND :last
""")


class Estimate(NamedTuple):
    """A number that is known with some error."""

    mean: float
    variance: float

    def times(self, other: "Estimate") -> "Estimate":
        """The product of two that are known independently (delta method)."""
        return Estimate(self.mean * other.mean, self.variance * other.mean**2 + other.variance * self.mean**2)

    @property
    def interval(self) -> Interval:
        """At 95%; what is missed is never below nothing."""
        half = Z * sqrt(self.variance)
        return Interval(max(0.0, self.mean - half), self.mean + half)


CERTAIN = Estimate(1.0, 0.0)


@dataclass(frozen=True)
class Worth:
    """Orders that follow from one success of each kind more; those of a kind that is not here are not known."""

    orders: dict[Success, Estimate]
    mean_sale: Decimal | None
    """None: no sale in the currency of the reports."""
    currency: str


@dataclass(frozen=True)
class Loss:
    """What a cause may cost in a month."""

    successes: Estimate
    orders: Estimate | None
    revenue: Decimal | None


def read_worth(connection: Connection, last: date, currency: str) -> Worth:
    """By the populations of this transaction, and by the sales of a year."""
    orders = {Success.ORDERED: CERTAIN}
    contacts, ordered = connection.execute(TALKS).one()
    if contacts >= SMALLEST_GROUP:
        rate = Counts(contacts, ordered).rate
        orders[Success.TALKED] = orders[Success.TALKED_AT_FIRST_ATTEMPT] = Estimate(rate, rate * (1 - rate) / contacts)
    if answer := _worth_of_answer(connection):
        orders[Success.ANSWERED_IN_TIME] = orders[Success.ANSWERED_IN_AN_HOUR] = answer
    values = {"currency": currency, "first": last - timedelta(days=365), "last": last}
    return Worth(orders, connection.execute(MEAN_SALE, values).scalar_one(), currency)


def _worth_of_answer(connection: Connection) -> Estimate | None:
    """How many more order of those who were answered in time; None where that is not beyond chance."""
    cells = [
        GroupCounts(0, source, OTHERS if in_time else EXPOSED, Counts(requests, ordered))
        for source, in_time, requests, ordered in connection.execute(ANSWERS)
    ]
    claim = next(iter(compare_exposed(cells)), None)
    if claim is None or claim.p >= ERROR or claim.comparison.difference <= 0:
        return None
    return _difference(claim)


def loss_of(claims: list[Claim], success: Success, months: float, worth: Worth) -> Loss:
    """What those of these claims would have had more, had they done as well as the others, a month."""
    parts = [(claim.comparison.group.contacts / months, _difference(claim)) for claim in claims]
    successes = Estimate(
        sum(contacts * difference.mean for contacts, difference in parts),
        sum(contacts**2 * difference.variance for contacts, difference in parts),
    )
    each = worth.orders.get(success)
    orders = successes.times(each) if each else None
    money = orders and worth.mean_sale and (Decimal(orders.mean) * worth.mean_sale).quantize(Decimal("0.01"))
    return Loss(successes, orders, money or None)


def _difference(claim: Claim) -> Estimate:
    seen = claim.comparison
    return Estimate(seen.difference, ((seen.interval.high - seen.interval.low) / (2 * Z)) ** 2)
