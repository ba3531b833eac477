"""Reading the forecast: the months ahead, and how far off it was in the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, Row, text

from models.kpi.forecast.accuracy import LEAST_MONTHS, Accuracy, PastMonth, accuracy
from models.kpi.forecast.intervals import COVERAGE
from models.kpi.versions import as_known
from models.wording import counted, money, number, percent


@dataclass(frozen=True, kw_only=True)
class ForecastMonth:
    """One month, with the interval in which it comes with the chance COVERAGE. None where `reason` says why."""

    month: date
    """Its first day."""
    orders: float | None
    orders_low: float | None
    orders_high: float | None
    revenue: Decimal | None
    revenue_low: Decimal | None
    revenue_high: Decimal | None
    sold: int
    """Of the orders those that are in already; the next three are those that are expected."""
    from_open: float | None
    from_new: float | None
    from_customers: float | None
    naive_orders: float | None
    naive_revenue: Decimal | None
    actual_orders: int | None
    actual_revenue: Decimal | None
    rate_factor: float | None
    """Of a team: how many times as often its leads buy as everybody's; 1: everybody's rates are used."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is expected in one currency, of everybody or one team."""

    made_on: date
    currency: str
    """Empty: of orders without money."""
    months: Sequence[ForecastMonth]
    tested: Sequence[ForecastMonth]
    """The back-test, the oldest first. There is one of everybody only."""

    @property
    def orders_accuracy(self) -> Accuracy | None:
        """How far off the back-test was, in orders; None without one."""
        return accuracy(
            [
                PastMonth(one.orders, one.orders_low or 0, one.orders_high or 0, one.naive_orders, one.actual_orders)
                for one in self.tested
                if one.orders is not None and one.naive_orders is not None and one.actual_orders is not None
            ]
        )

    @property
    def revenue_accuracy(self) -> Accuracy | None:
        """The same in money."""
        return accuracy(
            [
                PastMonth(
                    float(one.revenue),
                    float(one.revenue_low or 0),
                    float(one.revenue_high or 0),
                    float(one.naive_revenue),
                    float(one.actual_revenue),
                )
                for one in self.tested
                if one.revenue is not None and one.naive_revenue is not None and one.actual_revenue is not None
            ]
        )

    def rates_in_words(self) -> str:
        """Of a team, by whose rates it goes; empty for everybody."""
        factor = self.months[0].rate_factor if self.months else None
        if factor is None:
            return ""
        if factor == 1:
            return (
                "It goes by the rates of all teams: this team has too few leads of its own, or its own rates have not "
                "come nearer to what its leads bought."
            )
        return (
            f"It goes by this team's own rates: its leads buy {number(round(factor, 2))} times as often as those of "
            "all teams. Said before each past month, that came nearer to what its leads bought than everybody's rates."
        )

    def accuracy_in_words(self) -> str:
        """How far off it was beside the naive forecast, in sentences."""
        found = self.orders_accuracy
        if found is None:
            return "There is no month yet that could have been forecast, so nobody knows how good this is."
        months = counted(found.months, "month")
        return (
            f"Tried on the last {months}, it was off by {number(found.error)} orders a month{self._money_error()}. "
            f"The mean of the three months before was off by {number(found.naive_error)}{self._naive_money_error()}. "
            f"{verdict(found)} {counted(found.within, 'month')} of {found.months} came into the interval; "
            f"{percent(COVERAGE)} are meant to."
        )

    def _money_error(self) -> str:
        found = self.revenue_accuracy
        return f" and {money(round(found.error), self.currency)}" if found else ""

    def _naive_money_error(self) -> str:
        found = self.revenue_accuracy
        return f" and {money(round(found.naive_error), self.currency)}" if found else ""


def verdict(found: Accuracy) -> str:
    """Whether the forecast is worth more than the naive one, as far as the back-test can tell."""
    if found.is_better:
        return "So it is better, by more than chance makes."
    if found.months < LEAST_MONTHS:
        return f"Fewer than {LEAST_MONTHS} months cannot tell which is better."
    if found.error < found.naive_error:
        return "Chance alone may make such a difference: it has not proved better."
    return "So it is no better: take the mean of the months before."


FORECASTS = """
SELECT * FROM kpi_forecast
WHERE team_id = :team AND NOT is_back_test AND {known}
  AND made_on = (SELECT max(made_on) FROM kpi_forecast WHERE NOT is_back_test AND {known})
ORDER BY currency, month
"""

BACK_TESTS = "SELECT * FROM kpi_forecast WHERE team_id = :team AND is_back_test AND {known} ORDER BY currency, month"


def read_forecast(connection: Connection, team_id: int = 0, known_at: datetime | None = None) -> list[Forecast]:
    """The newest forecast, one for each currency, the one with the most orders first; as known at a moment in the past,
    or now. Empty before the first run.
    """
    known, values = as_known(known_at), {"team": team_id, "known_at": known_at}
    ahead = connection.execute(text(FORECASTS.format(known=known)), values).all()
    tested = connection.execute(text(BACK_TESTS.format(known=known)), values).all()
    found = [
        Forecast(
            made_on=max(row.made_on for row in ahead),
            currency=currency,
            months=[_month(row) for row in ahead if row.currency == currency],
            tested=[_month(row) for row in tested if row.currency == currency],
        )
        for currency in sorted({row.currency for row in ahead})
    ]
    return sorted(found, key=lambda one: -sum(month.orders or 0 for month in one.months))


def _month(row: Row[tuple[object, ...]]) -> ForecastMonth:
    return ForecastMonth(**{name: getattr(row, name) for name in ForecastMonth.__dataclass_fields__})
