"""What a contact said about being written to, with its proof, as their page shows it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

STATEMENTS = text("""
    SELECT is_given, at, is_dated, received_at, source, words, page, network_address, needs_confirmation, confirmed_at,
           confirmed_from, mistaken_at
    FROM consent WHERE contact_id = :contact ORDER BY at DESC, id DESC LIMIT :most
""")
MOST = 50


@dataclass(frozen=True)
class StatementLine:
    """One statement and what proves it."""

    is_given: bool
    at: datetime
    is_dated: bool
    received_at: datetime
    source: str | None
    words: str | None
    page: str | None
    network_address: str | None
    needs_confirmation: bool
    confirmed_at: datetime | None
    confirmed_from: str | None
    mistaken_at: datetime | None

    @property
    def says(self) -> str:
        """What it was, in a word or two."""
        if self.mistaken_at:
            return "Misread as a no; it does not count"
        if not self.is_given:
            return "Took it back, or refused"
        if self.needs_confirmation and not self.confirmed_at:
            return "Agreed, and has yet to confirm it"
        return "Agreed" if self.is_dated else "Agreed, nobody said when"

    @property
    def was_told_late(self) -> bool:
        """Whether we heard of it a day later or more."""
        return (self.received_at - self.at).days > 0


def consent_statements(connection: Connection, contact: int) -> list[StatementLine]:
    """The newest statements of a contact, by when they were made."""
    rows = connection.execute(STATEMENTS, {"contact": contact, "most": MOST}).mappings()
    return [StatementLine(**row) for row in rows]
