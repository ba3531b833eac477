"""Who is on a list of what is sent by hand: names, postal addresses, what it is for, and what is missing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.tables.sales import STANDS

MAIL_LINES = 50
"""As many stand in the mail itself; all of them are on the page and in the file."""

LINES_SQL = f"""
SELECT entry.id, entry.contact_id, entry.created_at, {DISPLAY_NAME} AS who, contact.company,
       contact.street, contact.city,
       contact.state, contact.postal_code, contact.country, rep.name AS owner, bought.name AS bought,
       (SELECT string_agg(value, ', ' ORDER BY key) FROM jsonb_each_text(entry.data)) AS what_for,
       -- An address that is not complete is no reason to leave somebody out: a person can ask for it.
       'ask for ' || nullif(concat_ws(', ', CASE WHEN contact.street IS NULL THEN 'the street' END,
           CASE WHEN contact.city IS NULL THEN 'the city' END,
           CASE WHEN contact.postal_code IS NULL THEN 'the postal code' END), '') AS remark
FROM fulfilment_entry entry JOIN contact ON contact.id = entry.contact_id
LEFT JOIN rep ON rep.id = contact.owner_id
LEFT JOIN LATERAL (
    SELECT product.name FROM "order" o JOIN product ON product.id = o.product_id
    WHERE o.contact_id = contact.id AND {STANDS} ORDER BY o.placed_at DESC, o.id DESC LIMIT 1
) bought ON true
"""

BATCH_LINES = text(f"{LINES_SQL} WHERE entry.batch = :batch ORDER BY entry.id")

OPEN_LINES = text(f"{LINES_SQL} WHERE entry.list = :list AND entry.handed_at IS NULL ORDER BY entry.id LIMIT :most")


@dataclass(frozen=True)
class FulfilmentLine:
    """One thing to send."""

    id: int
    contact_id: int
    created_at: datetime
    who: str
    company: str | None
    street: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    owner: str | None
    bought: str | None
    what_for: str | None
    remark: str | None

    @property
    def address(self) -> str:
        """On one line, as far as it is known."""
        place = " ".join(part for part in (self.state, self.postal_code) if part)
        return ", ".join(part for part in (self.street, self.city, place, self.country) if part)

    @property
    def mail_data(self) -> dict[str, str | None]:
        """What the mail says of it."""
        shown = ("who", "company", "address", "what_for", "bought", "remark", "owner")
        return {name: getattr(self, name) for name in shown}


def batch_lines(connection: Connection, batch: str) -> list[FulfilmentLine]:
    """All of a list that has gone out."""
    return [FulfilmentLine(**row) for row in connection.execute(BATCH_LINES, {"batch": batch}).mappings()]


def open_lines(connection: Connection, name: str, most: int) -> list[FulfilmentLine]:
    """What is on a list that has yet to go out, the oldest first."""
    return [FulfilmentLine(**row) for row in connection.execute(OPEN_LINES, {"list": name, "most": most}).mappings()]
