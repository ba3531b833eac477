"""What the sources of the sample leads cost: stored at the end of each month of the demo, as invoices come."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

from deployments.demo.simulation import Simulation
from models.database import engine
from models.kpi.contribution.spend import MonthSpend, store_spend

A_DAY = {"website": 30, "campaign": 50, "call-center": 25, "telemarketing": 70, "tradeshow": 95}
"""US dollars. Who comes by the API costs nothing that anybody has counted."""


def schedule_spend(simulation: Simulation, end: datetime) -> None:
    """Schedule what every source costs in each month until `end`, of the days that are in the demo."""
    for month, days in days_of_months(simulation.now.date(), end.date()):
        last = datetime.combine(month.replace(day=monthrange(month.year, month.month)[1]), time(23), end.tzinfo)
        spent = [MonthSpend(source, month, "USD", Decimal(cost * days)) for source, cost in A_DAY.items()]
        simulation.schedule(min(last, end - timedelta(hours=1)), partial(_store, spent))


def days_of_months(first: date, last: date) -> Iterator[tuple[date, int]]:
    """The first day of each month between two days, and how many days of it lie between them."""
    month = first.replace(day=1)
    while month <= last:
        following = (month + timedelta(days=31)).replace(day=1)
        yield month, (min(following - timedelta(days=1), last) - max(month, first)).days + 1
        month = following


def _store(spent: list[MonthSpend], at: datetime) -> None:
    with engine().begin() as connection:
        store_spend(connection, spent, at)
