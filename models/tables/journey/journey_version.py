"""The versions of each journey's code that contacts are on, with their maps."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.column import Json, json_document, moment


class JourneyVersion(SQLModel, table=True):
    """One version of a journey's code. It is kept for as long as a run is on it."""

    __tablename__ = "journey_version"

    journey: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    """The first twelve hexadecimal digits of the SHA-256 of its code, without comments and docstrings."""
    source: str
    """The text of the journey's file."""
    signature: str | None = None
    """Shows that Tend has stored this source; code that anybody else has put here is not run."""
    places: Json = json_document("{}")
    """Its map: places and ways between them."""
    drawing: str = ""
    """The map as SVG, without figures."""
    first_deployed_at: datetime = moment(now=True)
    is_current: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    """Whether contacts who start now are on it."""

    __table_args__ = (Index("journey_version_current", "journey", unique=True, postgresql_where=text("is_current")),)
