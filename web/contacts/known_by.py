"""What a contact is recognised by: every address, number and sender's id, with who told it first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.tables.identifier import IdentifierKind
from models.values.readers.phone import readable_phone

IDENTIFIERS = text("""
    SELECT i.kind, i.value, i.source, i.first_seen_at,
           i.value IN (contact.email, contact.phone, contact.mobile_phone) AS is_current,
           i.kind = 'phone' AND EXISTS (
               SELECT FROM identifier o WHERE o.kind = 'phone' AND o.value = i.value AND o.contact_id <> i.contact_id
           ) AS is_shared
    FROM identifier i JOIN contact ON contact.id = i.contact_id WHERE i.contact_id = :contact
    ORDER BY i.kind, i.last_seen_at DESC, i.id
""")

CLAIMS = text(f"""
    SELECT c.kind, c.value, c.contact_id = :contact AS is_claimed, other.id AS other_id, other.who AS other
    FROM identity_conflict c CROSS JOIN LATERAL (
        SELECT id, {DISPLAY_NAME} AS who FROM contact
        WHERE id = CASE c.contact_id WHEN :contact THEN c.held_by_id ELSE c.contact_id END) other
    WHERE c.decided_at IS NULL AND :contact IN (c.contact_id, c.held_by_id) ORDER BY c.id
""")

KINDS = {
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "number",
    IdentifierKind.SOURCE_KEY: "sender's id",
}


@dataclass(frozen=True)
class KnownBy:
    """One identifier."""

    kind: str
    value: str
    source: str | None
    first_seen_at: datetime
    is_current: bool
    is_shared: bool
    """Other contacts have the number as well."""

    @property
    def shown(self) -> str:
        return readable_phone(self.value) if self.kind == IdentifierKind.PHONE else self.value


@dataclass(frozen=True)
class Claim:
    """An identifier that this contact and another one claim, until a person decides."""

    kind: str
    value: str
    is_claimed: bool
    """A lead gave it for this contact; else this contact holds it."""
    other_id: int
    other: str

    @property
    def kind_label(self) -> str:
        return KINDS[IdentifierKind(self.kind)]


def open_claims(connection: Connection, contact: int) -> list[Claim]:
    """What this contact and another one claim, the oldest first."""
    return [Claim(**row) for row in connection.execute(CLAIMS, {"contact": contact}).mappings()]


def known_by(connection: Connection, contact: int) -> list[KnownBy]:
    """All identifiers of a contact, the newest of each kind first."""
    rows = connection.execute(IDENTIFIERS, {"contact": contact}).mappings()
    return [KnownBy(**{**row, "is_current": bool(row["is_current"])}) for row in rows]
