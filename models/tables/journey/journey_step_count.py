"""How many runs took each step of a journey on a day, by answer and by how long they had stood there."""

from datetime import date

from sqlalchemy import Integer, SmallInteger
from sqlmodel import Field, SQLModel


class JourneyStepCount(SQLModel, table=True):
    """One day, step, answer and length of stay. Counted anew for the last days, never changed for older ones."""

    __tablename__ = "journey_step_count"

    day: date = Field(primary_key=True)
    """When the step was answered, where the company is."""
    journey: str = Field(primary_key=True)
    verb: str = Field(primary_key=True)
    """As in step; `begin` counts the runs that started, `end` those that ended."""
    step: str = Field(primary_key=True)
    """Of `end`: the ending."""
    answer: str = Field(primary_key=True)
    """As it stands on the map: `yes`, `silence`, an outcome, a pattern of events."""
    stay: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    """How long runs stood there: sixteen times the binary logarithm of its seconds and one; -1 where nobody stands."""
    count: int = Field(sa_type=Integer)
