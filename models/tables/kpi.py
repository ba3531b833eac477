"""What is reported: counted facts, the KPI tables made of them, and the runs that wrote them.

Every table but `kpi_run` keeps its versions: a row is what was reported from `known_from` until `known_until`, and now
while that is null. Keys have no nulls: 0 is no person, or all teams; an empty text is all, or not known.
`models/kpi/versions.py` is their one writer.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.column import amount, identity, json_document, moment

NOW = text("known_until IS NULL")
"""SQL over a versioned table: what is reported now."""


class KpiName(StrEnum):
    """Every KPI that has a definition, as the playbook's goals and addresses of pages call it."""

    LEADS = "leads"
    LEADS_PER_WEEK = "leads_per_week"
    ENGAGEMENT_RATE = "engagement_rate"
    MQL_SHARE = "mql_share"
    QUALIFIED_SHARE = "qualified_share"
    ORDER_SHARE = "order_share"
    TIME_IN_STAGE = "time_in_stage"
    STALLED_LEADS = "stalled_leads"

    OPPORTUNITIES = "opportunities"
    CONNECTIONS = "connections"
    CONNECTION_RATE = "connection_rate"
    CLOSING_RATE = "closing_rate"
    WIN_RATE = "win_rate"
    PIPELINE_VELOCITY = "pipeline_velocity"

    ORDERS = "orders"
    REVENUE = "revenue"
    ORDER_VALUE = "order_value"
    TIME_TO_BUY = "time_to_buy"
    NET_NEW_CUSTOMERS = "net_new_customers"
    NET_NEW_PEOPLE = "net_new_people"
    RETENTION = "retention"
    REPEAT_SHARE = "repeat_share"

    RESPONSE_TIME = "response_time"
    WORKING_RESPONSE_TIME = "working_response_time"
    TIME_TO_TALK = "time_to_talk"
    FOLLOW_UP_SHARE = "follow_up_share"
    IN_SERVICE_LEVEL = "in_service_level"
    CONTACTED_IN_5M = "contacted_in_5m"
    CONTACTED_IN_15M = "contacted_in_15m"
    CONTACTED_IN_30M = "contacted_in_30m"
    CONTACTED_IN_1H = "contacted_in_1h"
    CONTACTED_IN_24H = "contacted_in_24h"
    TOUCHES = "touches"

    OFFERS = "offers"
    OFFER_ACCEPTANCE = "offer_acceptance"
    OFFER_DECLINES = "offer_declines"
    OFFER_TIMEOUTS = "offer_timeouts"

    OPEN_RATE = "open_rate"
    CLICK_RATE = "click_rate"
    BOUNCE_RATE = "bounce_rate"
    UNSUBSCRIBE_RATE = "unsubscribe_rate"


class Unit(StrEnum):
    """What the value of a KPI is."""

    COUNT = "count"
    SHARE = "share"
    """From 0 to 1."""
    MONEY = "money"
    MONEY_PER_DAY = "money a day"
    PER_WEEK = "a week"
    EQUIVALENTS = "equivalents"
    """Of one whole customer."""
    SECONDS = "seconds"
    DAYS = "days"


class Dimension(StrEnum):
    """What a row of a KPI table is cut by, beside the team."""

    ALL = "all"
    """Not at all; `member` is empty."""
    PERSON = "person"
    """`member` is the number of the rep, 0 for nobody; `team_id` is theirs."""
    SOURCE = "source"
    """Where the contact first came from."""
    PRODUCT = "product"
    """Its code; of leads the one that they asked about."""
    JOURNEY = "journey"
    """The one that the contact had come to last at that moment."""


def _now_unique(table: str, *key: str) -> Index:
    """Of each thing one row is reported now."""
    return Index(f"{table}_now", *key, unique=True, postgresql_where=NOW)


def _past(table: str) -> Index:
    return Index(f"{table}_past", "known_until", postgresql_where=text("known_until IS NOT NULL"))


class KpiRun(SQLModel, table=True):
    """One run of the report that was committed; what it wrote carries its `known_at`."""

    __tablename__ = "kpi_run"

    id: int | None = identity()
    known_at: datetime = moment(nullable=False)
    """What was stored by then is in it."""
    first_day: date
    last_day: date
    """The days that were asked for. Days before them change where something of them was told late."""
    is_full: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Everything was counted anew."""
    events_through: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Events up to this number are in it; the next run looks at what came after."""
    settings: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """A digest of what the counting goes by: definitions, time zone, rates, teams. Another one counts all anew."""
    changed: list[dict[str, Any]] = json_document("[]")
    """What a run found different on days that had been reported, the newest days first: {day, measure, what, currency,
    before, after}. Of very many the first ones."""
    changed_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many there are in all."""
    rows: dict[str, Any] = json_document()
    """Table -> how many rows it wrote anew."""
    seconds: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})

    __table_args__ = (Index("kpi_run_known_at", "known_at"),)


class KpiFact(SQLModel, table=True):
    """One counted thing about one contact: what every number is counted from, and whom it opens.

    It holds no name and no address, and no foreign key: when a contact is erased its facts stay as they were.
    """

    __tablename__ = "kpi_fact"

    id: int | None = identity()
    contact_id: int = Field(sa_type=BigInteger)
    measure: str
    """Of models/kpi/measures.py."""
    ref: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Which one, of measures that a contact may have several of, such as `order:17`; of a lead the form that they came
    by, such as `form:workshop`."""
    at: datetime = moment(nullable=False)
    """When it happened."""
    day: date
    """The day that it counts on, by the company's time zone: that of `at`, unless the measure says otherwise."""
    rep_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Whose it is: the owner at that moment, or whoever did it."""
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Theirs when it was counted; 0 for none. So a number of the past still opens those who were in it."""
    source: str = Field(default="", sa_column_kwargs={"server_default": ""})
    product: str = Field(default="", sa_column_kwargs={"server_default": ""})
    journey: str = Field(default="", sa_column_kwargs={"server_default": ""})
    amount: Decimal | None = amount()
    """Money, in `currency`: that of the reports where a rate is known."""
    currency: str = Field(default="", sa_column_kwargs={"server_default": ""})
    value: float | None = None
    """What else is summed, such as seconds, days or equivalents; the measure says the unit."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        Index("kpi_fact_now", "contact_id", "measure", "ref", unique=True, postgresql_where=NOW),
        Index("kpi_fact_measure", "measure", "day", postgresql_where=NOW),
        Index("kpi_fact_past", "known_until", postgresql_where=text("known_until IS NOT NULL")),
    )


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
    amount: Decimal | None = amount(18, 2)
    value: float | None = None
    """The sum of the values of its facts."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        _now_unique("kpi_daily", "dimension", "team_id", "day", "measure", "member", "currency"),
        _past("kpi_daily"),
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
        _now_unique("kpi_cohort", "dimension", "team_id", "begin", "goal", "day", "days", "member"),
        _past("kpi_cohort"),
    )


class KpiStageSpell(SQLModel, table=True):
    """One stretch of time in which a contact stood in one stage, with one owner, stalled or not. kpi_funnel is counted
    from these, and they are the people behind its numbers. Like facts they stay when a contact is erased.
    """

    __tablename__ = "kpi_stage_spell"

    id: int | None = identity()
    contact_id: int = Field(sa_type=BigInteger)
    stage: str
    from_at: datetime = moment(nullable=False)
    """May be to come: when they will be stalled unless something happens."""
    until_at: datetime | None = moment()
    """Null: as far as one knows for good. The same as `from_at` where the stage was left in the moment in which it was
    reached."""
    entered_at: datetime = moment(nullable=False)
    """When they came to the stage."""
    left_at: datetime | None = moment()
    """When they went on to a higher one; null while they have not."""
    is_stalled: bool
    """Whether nothing had happened with them for as long as the playbook calls stalled."""
    rep_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Who owned them in this time; 0 for nobody."""
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Theirs when it was counted; 0 for none."""
    source: str = Field(default="", sa_column_kwargs={"server_default": ""})
    product: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """This and the journey: as it was when they came to the stage."""
    journey: str = Field(default="", sa_column_kwargs={"server_default": ""})
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        _now_unique("kpi_stage_spell", "contact_id", "stage", "from_at"),
        Index("kpi_stage_spell_from", "from_at", postgresql_where=NOW),
        Index("kpi_stage_spell_until", "until_at", postgresql_where=NOW),
        _past("kpi_stage_spell"),
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
        _now_unique("kpi_funnel", "dimension", "team_id", "day", "stage", "member"),
        _past("kpi_funnel"),
    )


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
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (_now_unique("kpi_message", "day", "template", "journey", "variant"), _past("kpi_message"))


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

    __table_args__ = (_now_unique("kpi_journey_step", "day", "journey", "step", "verb"), _past("kpi_journey_step"))


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

    __table_args__ = (_now_unique("kpi_holdout", "day", "journey", "share", "variant"), _past("kpi_holdout"))


class Reading(StrEnum):
    """Which of two questions a number answers."""

    COHORT = "cohort"
    """What has become by now of the leads that came in that time."""
    PERIOD = "period"
    """What happened in that time, whenever the lead came."""


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
        _now_unique("kpi_source", "reading", "month", "source", "form", "currency"),
        _past("kpi_source"),
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
    reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Why there is no number: too little data, and how much there is."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        _now_unique("kpi_forecast", "made_on", "month", "team_id", "currency", "is_back_test"),
        _past("kpi_forecast"),
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
    """met, missed, on track, behind, no data."""
    is_chance: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """The distance to the target is what chance alone may bring."""
    proposed: float | None = None
    """A stricter goal, where this one is met."""
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (_now_unique("kpi_goal", "first_day", "last_day", "kpi", "team_id", "rep_id"), _past("kpi_goal"))


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
        _now_unique("kpi_finding", "made_on", "kpi", "cause", "team_id", "currency"),
        _past("kpi_finding"),
    )
