"""The deals of a contact, as their page shows them: how each stands, what it may bring or brought, and since when."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from models.tables.sales import DealStage
from models.wording import counted, money

MOST = 100

DEALS = text(f"""
    SELECT o.reference, o.stage, o.detail, o.opened_at, o.closed_at, o.amount, o.currency, rep.name AS salesperson,
           coalesce(product.name, e.data ->> 'product') AS product, e.data ->> 'name' AS name
    FROM opportunity o LEFT JOIN product ON product.id = o.product_id LEFT JOIN rep ON rep.id = o.rep_id
    LEFT JOIN event e ON e.id = o.event_id
    WHERE o.contact_id = :contact
    -- What is open is worked on.
    ORDER BY o.stage <> '{DealStage.OPEN}', coalesce(o.closed_at, o.opened_at) DESC NULLS LAST, o.id DESC LIMIT {MOST}
""")

COUNT = text("SELECT count(*) FROM opportunity WHERE contact_id = :contact")

TONES = {DealStage.WON: "good", DealStage.LOST: "bad"}


@dataclass(frozen=True)
class DealLine:
    """One deal."""

    reference: str
    stage: DealStage
    detail: str | None
    """The stage in the words of the other system."""
    opened_at: datetime | None
    closed_at: datetime | None
    amount: Decimal | None
    currency: str
    salesperson: str | None
    product: str | None
    name: str | None
    """What the other system calls it."""

    @property
    def value(self) -> str:
        """What it brought, or may bring."""
        return money(self.amount, self.currency) if self.amount is not None else "value not known"

    @property
    def tone(self) -> str:
        """The colour of its stage."""
        return TONES.get(self.stage, "")

    @property
    def took(self) -> str:
        """How long it took from beginning to end; empty where one of them is not known."""
        if self.opened_at is None or self.closed_at is None or self.closed_at < self.opened_at:
            return ""
        return counted((self.closed_at - self.opened_at).days, "day")


@dataclass(frozen=True)
class ContactDeals:
    """The deals of a contact; of very many the first."""

    lines: list[DealLine]
    count: int


def contact_deals(connection: Connection, contact: int) -> ContactDeals:
    """Those that are open first, then the newest."""
    about = {"contact": contact}
    lines = [
        DealLine(**dict(row) | {"stage": DealStage(row["stage"])})
        for row in connection.execute(DEALS, about).mappings()
    ]
    return ContactDeals(lines, len(lines) if len(lines) < MOST else connection.execute(COUNT, about).scalar_one())
