"""What mails, steps, journeys and sources bring, and what sources cost."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.column import amount, identity, moment
from models.tables.kpi.names import Reading
from models.tables.kpi.versions import now_unique, past


class KpiMessage(SQLModel, table=True):
    """What became of one mail to contacts that went out on one day. Bots are told apart, see docs/mail.md."""

    __tablename__ = "kpi_message"

    id: int | None = identity()
    day: date
    """When they were sent."""
    template: str
    journey: str = Field(default="", sa_column_kwargs={"server_default": ""})
    variant: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Of the split test of its subject; empty: none. A test of templates has a row for each template."""
    sent: int
    delivered: int | None = None
    """Null: the mailer of that day reports no deliveries."""
    reached: int
    """What rates are of: delivered, or where no deliveries are reported, sent and not come back."""
    opened: int
    """By people, as far as one can tell."""
    clicked: int
    bot_opened: int
    """Opened by programs alone."""
    bot_clicked: int
    bounced: int
    unsubscribed: int
    """By this mail, or after it and before the next one."""
    complained: int
    replied: int
    connected: int
    """Whose receiver talked with us for the first time within 30 days after, or as the playbook says. Touched, not
    caused."""
    ordered: int
    """Whose receiver placed an order that stands within that time, likewise."""
    first_touches: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Orders within that time of which it was the first mail. Each order counts once, whatever mails came after."""
    last_touches: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Orders within that time of which it was the last mail before. Each order counts once, likewise."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (now_unique("kpi_message", "day", "template", "journey", "variant"), past("kpi_message"))


class KpiJourneyStep(SQLModel, table=True):
    """How many contacts took one step of a journey on one day, and what they did within 30 days after.

    The verb `start` is the journey itself: whoever came onto it on that day.
    """

    __tablename__ = "kpi_journey_step"

    id: int | None = identity()
    day: date
    """When the step was answered: a mail queued, a task reported on, a wait over."""
    journey: str
    step: str
    verb: str
    place: int
    """Which step of its runs it was, at the earliest: the order in which steps come."""
    contacts: int
    """Runs of contacts: who takes a step twice on one run and day counts once."""
    connected: int
    """Talked with us for the first time within 30 days after, or as the playbook says. Touched, not caused."""
    ordered: int
    """Placed an order that stands within that time, likewise."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (now_unique("kpi_journey_step", "day", "journey", "step", "verb"), past("kpi_journey_step"))


class KpiHoldout(SQLModel, table=True):
    """What became of those who were drawn on one day into the holdout of a journey, or onto the journey."""

    __tablename__ = "kpi_holdout"

    id: int | None = identity()
    day: date
    """When they were drawn."""
    journey: str
    share: str
    """What part was held out then, such as 0.05. Only draws by the same share are compared."""
    variant: str
    """`held out` or `on the journey`."""
    within_days: int
    """For how long after the draw a talk or an order counts. Before so many days are over, they are not compared."""
    contacts: int
    connected: int
    """Talked with us for the first time within that time."""
    ordered: int
    """Placed an order that stands within that time."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (now_unique("kpi_holdout", "day", "journey", "share", "variant"), past("kpi_holdout"))


class KpiSource(SQLModel, table=True):
    """What one source brought in one month, by the form that its leads came by.

    Rows of one reading add up. What is money in another currency than that of the reports, and has no rate, stands in a
    row of its own without counts.
    """

    __tablename__ = "kpi_source"

    id: int | None = identity()
    reading: Reading = Field(sa_type=Text)
    month: date
    """Its first day."""
    source: str
    form: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The topic of the first form that the contact filled in; empty: none."""
    currency: str = Field(default="", sa_column_kwargs={"server_default": ""})
    leads: int
    qualified: int
    """Became sales qualified."""
    opportunities: int
    """Deals, as many as there are."""
    connected: int
    customers: int
    orders: int
    """That stand."""
    revenue: Decimal | None = amount(18, 2)
    spend: Decimal | None = amount(18, 2)
    """What the source cost in that month; in rows without a form, for nobody says which form it was for. Null: nobody
    said."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique("kpi_source", "reading", "month", "source", "form", "currency"),
        past("kpi_source"),
    )


class SourceSpend(SQLModel, table=True):
    """What a source cost in a month, as an imported file says; the playbook's own entry for the month comes first."""

    __tablename__ = "source_spend"

    id: int | None = identity()
    source: str
    month: date
    """Its first day."""
    currency: str
    amount: Decimal = amount(14, 2, nullable=False)
    imported_at: datetime = moment(nullable=False)
    """When the file was read."""

    __table_args__ = (UniqueConstraint("source", "month", "currency", name="source_spend_once"),)
