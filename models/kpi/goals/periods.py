"""The weeks, months and quarters in which goals are reached or not. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from models.kpi.period import Period, calendar_months
from models.wording import full_date, month

Per = Literal["week", "month", "quarter"]
MONTHS = {"month": 1, "quarter": 3}
WEEK = timedelta(days=7)

KNOWN_PART = 0.75
"""A period counts when data are there for so much of it: the first one often begins in the middle."""


def period_of(day: date, per: Per) -> Period:
    """The period that a day is in; weeks begin on Monday."""
    if per == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=6))
    return calendar_months(day, MONTHS[per])


def periods(per: Per, first: date, today: date) -> Iterator[Period]:
    """Every period since data are there, up to the one that is running."""
    period = period_of(first, per)
    if (period.last - first).days + 1 < KNOWN_PART * period.days:
        period = period_of(period.last + timedelta(days=1), per)
    while period.first <= today:
        yield period
        period = period_of(period.last + timedelta(days=1), per)


def per_of(period: Period) -> Per:
    """Whether it is a week, a month or a quarter."""
    if period.days <= WEEK.days:
        return "week"
    return "month" if period.days <= 31 else "quarter"


def period_name(period: Period) -> str:
    """`the week of 2 Mar 2026`, `March 2026`, `quarter 1 of 2026`."""
    match per_of(period):
        case "week":
            return f"the week of {full_date(period.first)}"
        case "month":
            return month(period.first)
        case _:
            return f"quarter {(period.first.month + 2) // 3} of {period.first.year}"
