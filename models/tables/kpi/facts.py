"""What was counted about each contact: facts, and how long they stood in which stage.

They hold no name and no foreign key, so an erased contact leaves every number as it was.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.column import amount, identity, moment
from models.tables.kpi.versions import NOW, now_unique, past


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
    """Whose it is: the owner at that moment, whoever did it, or whose deal it is."""
    team_id: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """The one that they were in then; 0 for none. So a number of the past still opens those who were in it."""
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
        now_unique("kpi_fact", "contact_id", "measure", "ref"),
        Index(
            *("kpi_fact_measure", "measure", "day"),
            postgresql_where=NOW,
            postgresql_include=["contact_id", "ref", "at", "value", "rep_id", "team_id"],
        ),
        past("kpi_fact"),
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
    """The one that they were in then; 0 for none."""
    source: str = Field(default="", sa_column_kwargs={"server_default": ""})
    product: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """This and the journey: as it was when they came to the stage."""
    journey: str = Field(default="", sa_column_kwargs={"server_default": ""})
    known_from: datetime = moment(nullable=False)
    known_until: datetime | None = moment()

    __table_args__ = (
        now_unique("kpi_stage_spell", "contact_id", "stage", "from_at"),
        Index("kpi_stage_spell_from", "from_at", postgresql_where=NOW),
        Index("kpi_stage_spell_until", "until_at", postgresql_where=NOW),
        Index(
            *("kpi_stage_spell_stalled", "entered_at", "id"),
            postgresql_where=text("known_until IS NULL AND is_stalled"),
            # Of millions a page looks for those of one day.
            postgresql_include=["from_at", "until_at"],
        ),
        # Of each contact one: where they stand for good. Who is there no more is found by it.
        Index("kpi_stage_spell_open", "contact_id", postgresql_where=text("known_until IS NULL AND until_at IS NULL")),
        past("kpi_stage_spell"),
    )
