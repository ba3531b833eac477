"""Counts by day, cohort and stage: sums over facts and stage spells."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Text, false
from sqlmodel import Field, SQLModel

from models.column import amount, identity, moment
from models.tables.kpi.names import Dimension
from models.tables.kpi.versions import by_day, now_unique, past


class KpiDaily(SQLModel, table=True):
    """What was counted on one day: one row for each measure, way to cut it, and currency. Sums over days are right."""

    __tablename__ = "kpi_daily"

    id: int | None = identity()
    day: date
    measure: str
    dimension: Dimension = Field(sa_type=Text)
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """0: everybody together, whoever has no team included."""
    member: str = Field(default="", sa_column_kwargs={"server_default": ""})
    currency: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Of `amount`; empty where there is no money."""
    count: int
    amount_squares: Decimal | None = amount(32, 4)
    """The sum of the squares of its facts' amounts, which says how much they differ."""
    amount: Decimal | None = amount(18, 2)
    value: float | None = None
    """The sum of the values of its facts."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique(
            *("kpi_daily", "dimension", "team_id", "measure", "day", "member", "currency"),
            sums=("count", "amount", "value"),
        ),
        by_day("kpi_daily"),
        past("kpi_daily"),
    )


class KpiCohort(SQLModel, table=True):
    """Who came to one milestone on one day and how many days later to another one.

    How many came to the first at all is in kpi_daily; those who are in no row have not come to the second.
    """

    __tablename__ = "kpi_cohort"

    id: int | None = identity()
    day: date
    """When they came to `begin`."""
    begin: str
    """A measure, such as `lead`."""
    goal: str
    """Another one, such as `customer`."""
    days: int
    """From the one to the other; below zero when the other came first."""
    dimension: Dimension = Field(sa_type=Text)
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Of whoever owned them at `begin`."""
    member: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """As they were at `begin`; of the goal `bought` the product that was bought, and it is cut by nothing else."""
    count: int
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique("kpi_cohort", "dimension", "team_id", "begin", "goal", "day", "days", "member", sums=("count",)),
        by_day("kpi_cohort"),
        past("kpi_cohort"),
    )


class KpiFunnel(SQLModel, table=True):
    """How many contacts came to a stage on one day, and how many stood there at its end."""

    __tablename__ = "kpi_funnel"

    id: int | None = identity()
    day: date
    stage: str
    """A stage of contacts: mgl, mql, sql, sal, opportunity, customer."""
    dimension: Dimension = Field(sa_type=Text)
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    member: str = Field(default="", sa_column_kwargs={"server_default": ""})
    entered: int
    moved_on: int
    """How many went on to a higher stage."""
    standing: int
    stalled: int
    """Of those who stood there: with whom nothing had happened for as long as the playbook calls stalled."""
    standing_days: float
    """The days that they had stood there, all together."""
    moved_on_days: float
    """The days that those who went on had stood there, all together."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique("kpi_funnel", "dimension", "team_id", "day", "stage", "member"),
        by_day("kpi_funnel"),
        past("kpi_funnel"),
    )


class KpiField(SQLModel, table=True):
    """What the leads that came in on one day say for one field, such as industry, and how many of them have bought."""

    __tablename__ = "kpi_field"

    id: int | None = identity()
    day: date
    """When they came in."""
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    field: str
    """Its name in the playbook, or `industry`, `country`, `product`."""
    value: str
    """What they say; empty: so many things were said on this day that they are not told apart."""
    is_erased: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """They were erased since, and this is what they had said."""
    leads: int
    """How many say it."""
    customers: int
    """Of these: who has bought since, whenever."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique("kpi_field", "team_id", "day", "field", "value", "is_erased", sums=("leads", "customers")),
        by_day("kpi_field"),
        past("kpi_field"),
    )


class KpiStay(SQLModel, table=True):
    """How many contacts who had not ordered came to one state on one day, and left it for the same one so many days
    later. A state is a milestone: lead, mql, sql, sal, opportunity, or lost, a deal of theirs. What is expected of
    those who are open is estimated from these.
    """

    __tablename__ = "kpi_stay"

    id: int | None = identity()
    day: date
    """When they came to the state."""
    state: str
    """A measure."""
    days: int
    """How many they were in it; -1: they still are."""
    next_state: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What they came to then: another state, or `customer`; empty while they are still there."""
    is_first: bool
    """It is the first state that they were in."""
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Of those who are still there: the team of their owner of today; 0 for none."""
    count: int
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique("kpi_stay", "day", "state", "days", "next_state", "is_first", "team_id"),
        past("kpi_stay"),
    )
