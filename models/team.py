"""Salespeople, their teams, and the routers that give leads to them."""

from sqlalchemy import BigInteger, Column, ForeignKey
from sqlmodel import Field, SQLModel

from models.column import identity, reference


class Team(SQLModel, table=True):
    """Salespeople with one manager."""

    id: int | None = identity()
    name: str = Field(unique=True)
    manager_email: str | None = None


class Rep(SQLModel, table=True):
    """A salesperson."""

    id: int | None = identity()
    name: str
    email: str = Field(unique=True)
    phone: str | None = None
    job_title: str | None = None
    calendar_url: str | None = None
    team_id: int | None = reference("team.id")
    active: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    """Inactive people get no leads; what they own stays theirs until it is reassigned."""


class Router(SQLModel, table=True):
    """Gives leads to its members in turn."""

    id: int | None = identity()
    name: str = Field(unique=True)
    last_rep_id: int | None = Field(default=None, sa_type=BigInteger)
    """Who got the last lead; the next one goes to the member after."""


class RouterMember(SQLModel, table=True):
    """A salesperson's place in a router."""

    __tablename__ = "router_member"

    router_id: int = Field(sa_column=Column(BigInteger, ForeignKey("router.id", ondelete="CASCADE"), primary_key=True))
    rep_id: int = Field(sa_column=Column(BigInteger, ForeignKey("rep.id"), primary_key=True))
    position: int
