"""What is sold, and what was bought."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

from models.column import amount, identity, moment, reference


class ProductTier(StrEnum):
    """Where a product stands in a customer's life."""

    ENTRY = "entry-level"
    """The first, small purchase."""
    CORE = "core"
    """What the business lives from."""
    EXPANSION = "expansion"
    """What customers of the core product buy next."""


class Product(SQLModel, table=True):
    """Something that can be ordered."""

    id: int | None = identity()
    code: str = Field(unique=True)
    name: str
    tier: ProductTier = Field(sa_type=Text)
    price: Decimal = amount(nullable=False)
    currency: str


class Order(SQLModel, table=True):
    """A purchase by a contact, made from an order_placed event."""

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    product_id: int | None = reference("product.id")
    event_id: int = Field(sa_type=BigInteger, unique=True)
    """The event it was made from, once."""
    reference: str | None = Field(default=None, unique=True)
    """The shop's own order number."""
    refunded: Decimal = amount(nullable=False, default="0")
    """What was paid back of the amount; never more than all of it."""
    amount: Decimal = amount(nullable=False)
    amount_from: str = Field(default="the order", sa_column_kwargs={"server_default": "the order"})
    """Who said so: `the order`; the `list price`, where the shop named none; or `not known`, and the amount is 0."""
    currency: str
    placed_at: datetime = moment(nullable=False)
    cancelled_at: datetime | None = moment()

    # What was bought today, and since leads got their owners.
    __table_args__ = (Index("order_placed", "placed_at"),)


STANDS = "(o.cancelled_at IS NULL AND (o.refunded < o.amount OR o.amount = 0))"
"""SQL over the table order as `o`: it was neither cancelled nor paid back as a whole."""
NET = "(o.amount - o.refunded)"
"""SQL over the table order as `o`: what it brought, while it STANDS."""


class DealStage(StrEnum):
    """How an opportunity stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Opportunity(SQLModel, table=True):
    """A deal with a contact, made from events: opportunity_opened, opportunity_won, opportunity_lost."""

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    rep_id: int | None = reference("rep.id")
    """Whose deal it is, whoever owns the contact."""
    product_id: int | None = reference("product.id")
    reference: str = Field(unique=True)
    """What the system that told of it calls it, such as `csv:1C1I7A6R`."""
    stage: DealStage = Field(default=DealStage.OPEN, sa_type=Text, sa_column_kwargs={"server_default": "open"})
    detail: str | None = None
    """The stage in the words of the other system, such as Prospecting."""
    opened_at: datetime | None = moment()
    """Null: the other system has no date yet."""
    closed_at: datetime | None = moment()
    """When it was won or lost."""
    amount: Decimal | None = amount()
    """What it brought, or may bring while it is open; null: not known."""
    currency: str
    event_id: int = Field(sa_type=BigInteger)
    """The newest event that told of it."""

    __table_args__ = (Index("opportunity_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),)
