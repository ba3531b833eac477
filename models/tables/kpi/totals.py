"""Sums over months that are over, so that long periods are read from few rows. Each is what the table below it adds up
to, to the last digit; `kpi_run.totals_through` says up to which day there are any."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import BigInteger, Column, LargeBinary, Numeric, Text
from sqlmodel import Field, SQLModel

from models.column import amount, identity, moment
from models.tables.kpi.names import Dimension
from models.tables.kpi.versions import now_unique, past


class KpiMonthly(SQLModel, table=True):
    """kpi_daily added up over one month that is over: one row for each measure, way to cut it, and currency."""

    __tablename__ = "kpi_monthly"

    id: int | None = identity()
    month: date
    measure: str
    dimension: Dimension = Field(sa_type=Text)
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    member: str = Field(default="", sa_column_kwargs={"server_default": ""})
    currency: str = Field(default="", sa_column_kwargs={"server_default": ""})
    count: int
    amount: Decimal | None = amount(18, 2)
    value: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    """The values, added up as decimals, which come to the same in any order."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique(
            *("kpi_monthly", "dimension", "measure", "month", "team_id", "member", "currency"),
            sums=("count", "amount", "value"),
        ),
        past("kpi_monthly"),
    )


class KpiCohortTotal(SQLModel, table=True):
    """kpi_cohort added up: by the day on which the goal was reached, and by month, over however many days it took."""

    __tablename__ = "kpi_cohort_total"

    id: int | None = identity()
    span: Literal["day", "month"] = Field(sa_type=Text)
    """Of how many days a row is: `day`, or `month` where the month is over."""
    dated: Literal["begin", "goal"] = Field(sa_type=Text)
    """Which of the two milestones was reached in it. There are no rows of a day for `begin`: kpi_cohort has them."""
    day: date
    """Its first day."""
    begin: str
    """A measure, such as `lead`."""
    goal: str
    """Another one, such as `customer`."""
    dimension: Dimension = Field(sa_type=Text)
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    member: str = Field(default="", sa_column_kwargs={"server_default": ""})
    count: int
    after: int
    """Of them those who came to the goal on the day of `begin` or later."""
    days: int = Field(sa_type=BigInteger)
    """The days that these had needed, all together."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique(
            *("kpi_cohort_total", "dimension", "dated", "span", "begin", "goal", "day", "team_id", "member"),
            sums=("count", "after", "days"),
        ),
        past("kpi_cohort_total"),
    )


def _numbers() -> bytes:
    column: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    return column


class KpiWait(SQLModel, table=True):
    """The requests for a person of one month that is over, of one salesperson: how long each of them waited.

    Medians and shares of any number of months are those of all these lengths together. Numbers stand one after the
    other, in rising order, as `float8send` writes them: 8 bytes each. Read one by one, a million would take seconds.
    """

    __tablename__ = "kpi_wait"

    id: int | None = identity()
    month: date
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    rep_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    requests: int
    """How many there were."""
    contact: bytes = _numbers()
    """Of those that were followed up: the seconds until then, by the clock."""
    contact_working: bytes = _numbers()
    """The same by working hours."""
    no_contact: bytes = _numbers()
    """Of those that were not: when they came, in seconds since 1970."""
    talk: bytes = _numbers()
    """Of those that led to a talk: the seconds until then, by the clock."""
    talk_working: bytes = _numbers()
    """The same by working hours."""
    no_talk: bytes = _numbers()
    """Of those that did not: when they came, in seconds since 1970."""
    by_hour: bytes = _numbers()
    """How many came in each of the 168 hours of the week, from Monday 0 h by the company's clock."""
    soon_by_hour: bytes = _numbers()
    """How many of them were followed up within half an hour."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (now_unique("kpi_wait", "month", "team_id", "rep_id"), past("kpi_wait"))


class KpiWaitDay(SQLModel, table=True):
    """The requests for a person of one day, of one salesperson: how long each of them waited, as kpi_wait has months.

    So a period that begins or ends within a month is not read request by request.
    """

    __tablename__ = "kpi_wait_day"

    id: int | None = identity()
    day: date
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    rep_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    requests: int
    """How many there were."""
    contact: bytes = _numbers()
    """Of those that were followed up: the seconds until then, by the clock. These columns are as in kpi_wait."""
    contact_working: bytes = _numbers()
    """The same by working hours."""
    no_contact: bytes = _numbers()
    """Of those that were not: when they came, in seconds since 1970."""
    talk: bytes = _numbers()
    """Of those that led to a talk: the seconds until then, by the clock."""
    talk_working: bytes = _numbers()
    """The same by working hours."""
    no_talk: bytes = _numbers()
    """Of those that did not: when they came, in seconds since 1970."""
    by_hour: bytes = _numbers()
    """How many came in each of the 24 hours of the day by the company's clock."""
    soon_by_hour: bytes = _numbers()
    """How many of them were followed up within half an hour."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (now_unique("kpi_wait_day", "day", "team_id", "rep_id"), past("kpi_wait_day"))
