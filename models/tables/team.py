"""Salespeople, their teams, and the routers that give leads to them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, ForeignKey
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class Team(SQLModel, table=True):
    """Salespeople with one manager."""

    id: int | None = identity()
    name: str = Field(unique=True)
    manager_email: str | None = None
    manager: str | None = None
    """The manager's name."""
    region: str | None = None
    partner: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """People of another organisation: they get leads by offers only."""
    time_zone: str | None = None
    """Null: the company's."""
    end_of_day: str = Field(default="18:00", sa_column_kwargs={"server_default": "18:00"})
    """When the manager gets the daily follow-up check, by the team's time zone."""


class Rep(SQLModel, table=True):
    """A salesperson."""

    id: int | None = identity()
    name: str
    email: str = Field(unique=True)
    phone: str | None = None
    job_title: str | None = None
    calendar_url: str | None = None
    signature: str | None = None
    """A line or more under their mails, in their own words."""
    intro_video_url: str | None = None
    team_id: int | None = reference("team.id")
    active: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    """Inactive people get no leads, and the routers give what they own to others."""
    time_zone: str | None = None
    """Of their hours; null: the team's."""
    hours: dict[str, str] | None = json_document(None)
    """As in the playbook, the team's where they have none of their own; null: around the clock."""
    overloaded_at: datetime | None = moment()
    """Since when they have more to do than the playbook's limit; null: they have not."""
    digest_at: datetime | None = moment()
    """When they get their next morning digest; null until it has been worked out."""
    most_a_day: int | None = None
    most_open: int | None = None
    link_number: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Stands in the link to their page; a higher one ends all links from before."""
    link_renewed_at: datetime | None = moment()
    """When that was done last."""
    latitude: float | None = None
    longitude: float | None = None


class Absence(SQLModel, table=True):
    """Days on which a salesperson gets no leads."""

    id: int | None = identity()
    rep_id: int = reference("rep.id", nullable=False, index=True, on_delete="CASCADE")
    first_day: date
    last_day: date
    reason: str | None = None
    noted_at: datetime = moment(now=True)


class Router(SQLModel, table=True):
    """Assigns leads to its members."""

    id: int | None = identity()
    name: str = Field(unique=True)
    kind: str = Field(default="round robin", sa_column_kwargs={"server_default": "round robin"})
    seed: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What its draws are made from, set once."""
    assigned_count: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """How many leads it has assigned; the next one gets the next number."""


class RouterMember(SQLModel, table=True):
    """A salesperson's place in a router."""

    __tablename__ = "router_member"

    router_id: int = Field(sa_column=Column(BigInteger, ForeignKey("router.id", ondelete="CASCADE"), primary_key=True))
    rep_id: int = Field(sa_column=Column(BigInteger, ForeignKey("rep.id"), primary_key=True))
    position: int
    weight: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    preferred: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    credit: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Their credit in trillionths of a lead: the shares they were due while available, less the leads they got. It
    stays below a whole lead either way, so nobody has to catch up on a holiday."""
