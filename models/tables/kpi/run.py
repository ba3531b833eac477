"""The runs that counted what is reported."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment


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
    totals_through: date | None = None
    """The last day of the months that are added up in kpi_monthly, kpi_cohort_total and kpi_wait; null: of none, and
    no day of kpi_cohort_total either."""
    has_day_waits: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """kpi_wait_day has the requests of all days; false of runs from before there was that table."""
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
