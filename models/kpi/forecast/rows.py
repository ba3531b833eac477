"""The rows of kpi_forecast, made of the history. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from models.kpi.forecast.expectation import (
    Expected,
    Pipeline,
    Price,
    Span,
    expect,
    in_currency,
    price,
    revenue,
    too_little,
    widening,
)
from models.kpi.forecast.history import EPOCH, NEVER, SalesHistory
from models.kpi.forecast.intervals import Part, count_interval, money_interval
from models.kpi.forecast.teams import TeamPart

MONTHS = 6
"""This month and the next ones."""
BACK_TESTS = 12
"""Full months of the past that are forecast anew."""
NAIVE_MONTHS = 3
"""Full months of which the naive forecast is the mean."""
EVERYBODY = 0

Row = dict[str, Any]
Sold = tuple[int, float]
"""Orders, and their amount."""
NOTHING: Sold = (0, 0.0)


@dataclass(frozen=True)
class Month:
    """A month as days since EPOCH."""

    first: int
    last: int

    @property
    def begin(self) -> date:
        """Its first day."""
        return EPOCH + timedelta(days=self.first)

    def after(self, day: int) -> Span:
        """What of it is after a day."""
        return Span(max(0, self.first - 1 - day), self.last - day)


@dataclass(frozen=True)
class Outlook:
    """What is seen at the end of one day, for everybody or one team, in one currency."""

    history: SalesHistory
    day: int
    currency: str
    team: TeamPart | None = None

    def row(self, month: Month, expected: Expected | None, reason: str = "") -> Row:
        """The row of one month; `expected` is of all currencies, None where `reason` says why there is no number."""
        row: Row = {
            "made_on": str(EPOCH + timedelta(days=self.day)),
            "month": str(month.begin),
            "team_id": self.team.team_id if self.team else EVERYBODY,
            "currency": self.currency,
            "rate_factor": round(self.team.rate.factor, 4) if self.team else None,
            "is_back_test": False,
            "sold": 0,
            "reason": reason,
            **self._naive(),
        }
        return row if expected is None else row | self._expected(month, expected)

    def tested_row(self, month: Month, expected: Expected, deviation: float) -> Row:
        """The row of a month that is over, with what came."""
        orders, amount = self._sales.get(month.begin, NOTHING)
        came = {"actual_orders": orders, "actual_revenue": round(amount, 2) if self.currency else None}
        return self.row(month, expected) | came | {"deviation": deviation, "is_back_test": True}

    def _expected(self, month: Month, expected: Expected) -> Row:
        sold, amount = self._known_sales.get(month.begin, NOTHING) if month.first <= self.day else NOTHING
        orders = in_currency(expected.orders, self._price)
        low, high = count_interval(orders)
        row: Row = {
            "orders": round(sold + orders.mean, 4),
            "orders_low": sold + low,
            "orders_high": sold + high,
            "sold": sold,
            "from_open": self._mean(expected.open),
            "from_new": self._mean(expected.new),
            "from_customers": self._mean(expected.further),
        }
        if self.currency:
            money = revenue(orders, self._price)
            low, high = money_interval(money)
            row |= {"revenue": round(amount + money.mean, 2)}
            row |= {"revenue_low": round(amount + low, 2), "revenue_high": round(amount + high, 2)}
        return row

    def _mean(self, part: Part) -> float:
        return round(in_currency(part, self._price).mean, 4)

    def _naive(self) -> Row:
        """The mean of the last full months, of which something is known."""
        first = self.history.first_day()
        # A month whose last day this is, is full itself.
        tomorrow = EPOCH + timedelta(days=self.day + 1)
        full = [month for month in months_from(tomorrow, -NAIVE_MONTHS) if first is not None and month.first >= first]
        if not full:
            return {}
        sold = [self._sales.get(month.begin, NOTHING) for month in full]
        row: Row = {"naive_orders": round(sum(orders for orders, _ in sold) / len(full), 4)}
        return row | ({"naive_revenue": round(sum(money for _, money in sold) / len(full), 2)} if self.currency else {})

    @cached_property
    def _price(self) -> Price:
        return price(self.history, self.currency, self.day)

    @cached_property
    def _known_sales(self) -> dict[date, Sold]:
        """By the first of the month, those until the day."""
        return self._by_month(self.day)

    @cached_property
    def _sales(self) -> dict[date, Sold]:
        """By the first of the month, also those after the day."""
        return self._by_month(NEVER)

    def _by_month(self, last: int) -> dict[date, Sold]:
        if self.team is not None:
            return {month: sold for (month, currency), sold in self.team.sales.items() if currency == self.currency}
        found: dict[date, Sold] = {}
        if sales := self.history.sales.get(self.currency):
            for day, count, amount in zip(sales.day, sales.count, sales.amount, strict=True):
                if day > last:
                    continue
                month = (EPOCH + timedelta(days=int(day))).replace(day=1)
                orders, money = found.get(month, NOTHING)
                found[month] = (orders + int(count), money + float(amount))
        return found


def months_from(day: date, count: int) -> list[Month]:
    """The month of a day and the next ones; those before it when `count` is negative. The newest is last."""
    begin = day.year * 12 + day.month - 1
    numbers = range(begin, begin + count) if count > 0 else range(begin + count, begin)
    return [Month(_first_of(number), _first_of(number + 1) - 1) for number in numbers]


def tested_rows(history: SalesHistory, last: date) -> Iterator[Row]:
    """What would have been said of each of the full months until `last`, on the day before it, beside what came."""
    deviations: list[float] = []
    for month in months_from(last + timedelta(days=1), -BACK_TESTS):
        day = month.first - 1
        if not _reason(history, day, month):
            [[expected]] = expect(history, day, [month.after(day)])
            # As it is stored, for the next run goes by what is stored.
            deviation = round(expected.error(history.sold(month.first, month.last)), 6)
            yield from _tested(history, day, month, expected.widened(widening(deviations)), deviation)
            deviations.append(deviation)


def _tested(history: SalesHistory, day: int, month: Month, expected: Expected, deviation: float) -> Iterator[Row]:
    for currency, sales in history.sales.items():
        if (sales.day <= day).any():
            yield Outlook(history, day, currency).tested_row(month, expected, deviation)


def rows_ahead(
    history: SalesHistory, last: date, teams: Sequence[TeamPart], deviations: Sequence[float]
) -> Iterator[Row]:
    """The months after `last`, a day that is over, for everybody and for each team, with a reason where there is too
    little data. `deviations` are those of the months before, the oldest first.
    """
    factor = widening(deviations)
    day = (last - EPOCH).days
    months = months_from(last + timedelta(days=1), MONTHS)
    reasons = {month: _reason(history, day, month) for month in months}
    near = [month for month in months if not reasons[month]]
    for team, expected in zip((None, *teams), _expect(history, day, near, teams), strict=True):
        for currency in history.sales or [""]:
            outlook = Outlook(history, day, currency, team)
            for month in months:
                found = expected.get(month)
                yield outlook.row(month, found and found.widened(factor), reasons[month])


def _expect(
    history: SalesHistory, day: int, months: Sequence[Month], teams: Sequence[TeamPart]
) -> list[dict[Month, Expected]]:
    """By month: of everybody, and of each team."""
    if not months:
        return [{} for _ in (None, *teams)]
    pipelines = [Pipeline(team.contacts, team.deals) for team in teams]
    everybody, *of_teams = expect(history, day, [month.after(day) for month in months], pipelines)
    shared = [
        [
            one.share(1.0, team.share_of_leads, team.share_of_sales).at_rate(team.rate.factor, team.rate.deviation)
            for one in of_team
        ]
        for team, of_team in zip(teams, of_teams, strict=True)
    ]
    return [dict(zip(months, of_one, strict=True)) for of_one in (everybody, *shared)]


def _reason(history: SalesHistory, day: int, month: Month) -> str:
    """Why the month cannot be forecast on this day; empty when it can."""
    if reason := too_little(history, day):
        return reason
    known, days = day - (history.first_day() or day) + 1, month.last - day
    if days <= known:
        return ""
    return f"Too little data to look so far ahead: {known} days are known, and this month ends in {days}."


def _first_of(number: int) -> int:
    return (date(number // 12, number % 12 + 1, 1) - EPOCH).days
