"""A person we may sell to: who they are, where they stand, whether they may be mailed."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, case, text
from sqlmodel import Field, SQLModel, col

from models.column import amount, identity, json_document, moment, reference


class Stage(StrEnum):
    """How far a contact has come. In rising order; the moment each was first reached is kept and never moves."""

    MGL = "mgl"
    """Marketing generated lead: known, nothing shown yet (unqualified; buying stage awareness)."""
    MQL = "mql"
    """Marketing qualified: a positive step such as a trial, demo or call request (consideration)."""
    SQL = "sql"
    """Sales qualified: engaged directly with a salesperson, by a call or an exchange of mails (consideration)."""
    SAL = "sal"
    """Sales accepted: a salesperson has taken the lead as theirs to close (purchase)."""
    OPPORTUNITY = "opportunity"
    """A deal is open; what opens one is set in the playbook (purchase)."""
    CUSTOMER = "customer"
    """Has bought (retention, advocacy)."""


STAGES = tuple(Stage)


class Suppression(StrEnum):
    """Why a contact gets no marketing mail."""

    UNSUBSCRIBED = "unsubscribed"
    """Asked us to stop."""
    BOUNCED = "bounced"
    """The address does not take mail."""
    COMPLAINED = "complained"
    """Called a mail of ours spam."""
    REMOVED = "removed"
    """Taken off the list because nothing we sent was ever answered."""
    MANUAL = "manual"
    """Taken off the list by one of us."""
    UNCONFIRMED = "unconfirmed"
    """Came in by a form with double opt-in and has not confirmed the address."""


class Contact(SQLModel, table=True):
    """One person. What they are recognised by stands in `identifier`: every address, number and sender's id."""

    id: int | None = identity()
    email: str | None = Field(default=None, unique=True)
    """The current one, which mail goes to. Normalised: lower case, domain in ASCII."""
    phone: str | None = Field(default=None)
    """The current one. E.164, such as +14155550123."""
    phone_extension: str | None = None
    """What to dial after `phone`, digits alone."""
    mobile_phone: str | None = None
    source: str | None = None
    """Where the contact first came from."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    job_title: str | None = None
    industry: str | None = None
    employees: int | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    time_zone: str | None = None
    preferred_time: str | None = None

    product: str | None = None
    """The product they ask about, by its code or in their words."""
    latitude: float | None = None
    """Of the middle of their postal area, where that is known."""
    longitude: float | None = None

    owner_id: int | None = reference("rep.id", index=True)
    """The salesperson this contact belongs to."""
    score: Decimal = amount(12, 2, nullable=False, default="0")
    scored_on: date | None = None
    """The day that the score is of; null while there is nothing in it that decays."""
    stage: Stage = Field(default=Stage.MGL, sa_type=Text, sa_column_kwargs={"server_default": "mgl"})
    mgl_at: datetime | None = moment()
    mql_at: datetime | None = moment()
    sql_at: datetime | None = moment()
    sal_at: datetime | None = moment()
    opportunity_at: datetime | None = moment()
    customer_at: datetime | None = moment()
    mql_level: int | None = None
    """1 (least likely to buy) to 3 (most likely)."""
    mql_level_by: str | None = None
    """`rule` or `person`; a rule does not change what a person has set."""
    has_budget: bool | None = None
    has_authority: bool | None = None
    has_need: bool | None = None
    has_timeline: bool | None = None

    probability: Decimal | None = amount(5, 4)
    """Of buying, by the predictive model; null without one."""
    probability_reasons: list[str] | None = json_document(None)
    """The main reasons for it, the weightiest first."""
    probability_day: int | None = None
    """The landmark day, in days since they came as a lead, whose model gave it."""

    suppressed: Suppression | None = Field(default=None, sa_type=Text)
    suppressed_at: datetime | None = moment()
    consent_at: datetime | None = moment()
    """When the contact agreed to be written to."""
    custom: dict[str, Any] = json_document()
    """Fields that the playbook declares, by name."""
    created_at: datetime = moment(now=True)
    updated_at: datetime = moment(now=True)

    __table_args__ = (
        Index("contact_phone", "phone"),
        Index("contact_created_at", "created_at"),
        # What is typed into a search stands anywhere in a name: trigrams find it among a million.
        Index(
            "contact_search",
            text("search_text(first_name, last_name, company) gin_trgm_ops"),
            postgresql_using="gin",
        ),
    )


RANK = case({stage.value: place for place, stage in enumerate(STAGES)}, value=col(Contact.stage), else_=0)
"""How high a contact's stage is, in SQL."""
