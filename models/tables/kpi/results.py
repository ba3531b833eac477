"""What is made of the counts: forecasts, goals, causes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from models.column import amount, identity, json_document, moment
from models.tables.kpi.versions import now_unique, past


class KpiForecast(SQLModel, table=True):
    """What one month is expected to bring, as seen on one day, or what it would have been said to bring."""

    __tablename__ = "kpi_forecast"

    id: int | None = identity()
    made_on: date
    """What was known at the end of this day went into it."""
    month: date
    """Its first day."""
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    currency: str = Field(default="", sa_column_kwargs={"server_default": ""})
    is_back_test: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Made of the past, to compare it with what came."""
    orders: float | None = None
    """Those that are in already and those that are expected."""
    sold: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Of them those that are in already."""
    from_open: float | None = None
    """Of them those of contacts and deals that are open now."""
    from_new: float | None = None
    """Of them those of contacts and deals that are still to come."""
    from_customers: float | None = None
    """Of them further orders of customers that no deal announces."""
    orders_low: float | None = None
    orders_high: float | None = None
    revenue: Decimal | None = amount(18, 2)
    revenue_low: Decimal | None = amount(18, 2)
    revenue_high: Decimal | None = amount(18, 2)
    naive_orders: float | None = None
    """What a forecast without any model says: the mean of the months before."""
    naive_revenue: Decimal | None = amount(18, 2)
    actual_orders: int | None = None
    """What came, of months that are over."""
    actual_revenue: Decimal | None = amount(18, 2)
    deviation: float | None = None
    """Of months that are over: how far off orders of all currencies were, in standard deviations as first expected.
    Intervals are widened by it."""
    rate_factor: float | None = None
    """Of a team: how many times as often its leads buy as everybody's, by which its part is reckoned; 1: everybody's
    rates are used."""
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Why there is no number: too little data, and how much there is."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique("kpi_forecast", "made_on", "month", "team_id", "currency", "is_back_test"),
        past("kpi_forecast"),
    )


class KpiGoal(SQLModel, table=True):
    """One goal of the playbook in one of its periods, and how far it was met."""

    __tablename__ = "kpi_goal"

    id: int | None = identity()
    first_day: date
    last_day: date
    kpi: str
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    rep_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    target: float
    reached: float | None = None
    """The KPI's value; null: nothing to divide by."""
    numerator: float | None = None
    denominator: float | None = None
    status: str
    """met, missed, on track, behind, no data, not measured here."""
    is_chance: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """The distance to the target is what chance alone may bring."""
    proposed: float | None = None
    """A stricter goal, where this one is met."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (now_unique("kpi_goal", "first_day", "last_day", "kpi", "team_id", "rep_id"), past("kpi_goal"))


class KpiFinding(SQLModel, table=True):
    """A cause that the figures support for a KPI that misses its goal, and what to try."""

    __tablename__ = "kpi_finding"

    id: int | None = identity()
    made_on: date
    kpi: str
    cause: str
    """Of models/kpi/diagnosis."""
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    rank: int
    """1 for the one worth most."""
    figures: dict[str, Any] = json_document()
    """What shows it: words for people -> numbers."""
    sentence: str
    advice: str
    link: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Where it is set or seen, as a path of the pages."""
    orders_a_month: float | None = None
    """What it may cost, in orders a month."""
    revenue_a_month: Decimal | None = amount(18, 2)
    currency: str = Field(default="", sa_column_kwargs={"server_default": ""})
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique("kpi_finding", "made_on", "kpi", "cause", "team_id", "currency"),
        past("kpi_finding"),
    )
