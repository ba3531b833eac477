"""The proof of consent: the only place that writes what contacts agreed to or took back. Append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json

COUNTS = "(NOT consent.needs_confirmation OR consent.confirmed_at IS NOT NULL)"
"""SQL over the table consent: it counts. What has to be confirmed counts once it is, and then from `consent.at` on."""


@dataclass(frozen=True, kw_only=True)
class ConsentStatement:
    """What a contact said about being written to. The fields are those of the table consent."""

    contact_id: int
    is_given: bool
    at: datetime
    source: str | None = None
    words: str | None = None
    page: str | None = None
    network_address: str | None = None
    event_id: int | None = None
    needs_confirmation: bool = False
    address: str | None = None
    message_key: str | None = None


INSERT = text("""
INSERT INTO consent (contact_id, is_given, at, source, words, page, network_address, event_id, needs_confirmation,
                     address, message_key, received_at)
SELECT contact_id, is_given, least(at, :now), source, words, page, network_address, event_id, needs_confirmation,
       address, message_key, :now
FROM jsonb_to_recordset(CAST(:statements AS jsonb))
     AS given (contact_id bigint, is_given bool, at timestamptz, source text, words text, page text,
               network_address text, event_id bigint, needs_confirmation bool, address text, message_key text)
""")


def record_consent(connection: Connection, statements: Sequence[ConsentStatement], now: datetime) -> None:
    """Store what contacts said, all in one statement. It changes neither `contact.consent_at` nor their suppression."""
    if statements:
        connection.execute(INSERT, {"statements": to_json(statements), "now": now})
