"""The proof of consent: the only place that writes what contacts agreed to or took back. Append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json

COUNTS = """(consent.mistaken_at IS NULL
    AND (NOT consent.needs_confirmation OR consent.confirmed_at IS NOT NULL))"""
"""SQL over the table consent: it counts. What has to be confirmed counts once it is, and then from `consent.at` on.
What one of us has found to be misread counts no more."""

IS_CHOICE = f"({COUNTS} AND (NOT consent.is_given OR consent.is_dated))"
"""SQL over the table consent: it can be somebody's last word. A yes of an unknown moment may be older than their no."""

LAST_CHOICE = f"""(
    SELECT is_given, at FROM (
        SELECT is_given, at, id FROM consent WHERE contact_id = contact.id AND {IS_CHOICE}
        UNION ALL
        -- Who was unsubscribed in another way than by a statement.
        SELECT false, coalesce(contact.suppressed_at, '-infinity'), 0 WHERE contact.suppressed = 'unsubscribed'
          AND NOT EXISTS (SELECT FROM consent WHERE contact_id = contact.id AND NOT is_given)
    ) AS said ORDER BY at DESC, id DESC LIMIT 1)"""
"""SQL beside the table contact: what they said last, by when they said it and not by when we were told. Of two at one
moment it is the one that was told last. It counts under a stronger reason as well, such as a bounce that is lifted
later."""

OPTED_OUT_SINCE = f"""(
    SELECT min(at) FROM consent WHERE contact_id = contact.id AND NOT is_given AND {COUNTS} AND NOT EXISTS (
        SELECT FROM consent AS yes WHERE yes.contact_id = contact.id AND yes.is_given
          AND {IS_CHOICE.replace("consent.", "yes.")} AND (yes.at, yes.id) > (consent.at, consent.id)))"""
"""SQL beside the table contact: the first no since the last yes."""


@dataclass(frozen=True, kw_only=True)
class ConsentStatement:
    """What a contact said about being written to. The fields are those of the table consent."""

    contact_id: int
    is_given: bool
    at: datetime
    is_dated: bool = True
    source: str | None = None
    words: str | None = None
    page: str | None = None
    network_address: str | None = None
    event_id: int | None = None
    needs_confirmation: bool = False
    address: str | None = None
    message_key: str | None = None


INSERT = text("""
INSERT INTO consent (contact_id, is_given, at, is_dated, source, words, page, network_address, event_id,
                     needs_confirmation, address, message_key, received_at)
SELECT contact_id, is_given, least(at, :now), is_dated, source, words, page, network_address, event_id,
       needs_confirmation, address, message_key, :now
FROM jsonb_to_recordset(CAST(:statements AS jsonb))
     AS given (contact_id bigint, is_given bool, at timestamptz, is_dated bool, source text, words text, page text,
               network_address text, event_id bigint, needs_confirmation bool, address text, message_key text)
""")


CONFIRM = text("""
UPDATE consent SET confirmed_at = :now, confirmed_from = :network_address
WHERE contact_id = :contact AND address = :address AND needs_confirmation AND confirmed_at IS NULL
""")


def confirm_consent(
    connection: Connection, contact: int, address: str, network_address: str | None, now: datetime
) -> None:
    """Confirm what a contact agreed to by forms with this address; it counts from when they agreed. The caller commits,
    and lets their last choice decide.
    """
    about = {"contact": contact, "address": address, "network_address": network_address, "now": now}
    connection.execute(CONFIRM, about)
    connection.execute(NOTE_CONSENT, {"contacts": [contact]})


MARK_MISTAKEN = text("""
UPDATE consent SET mistaken_at = :now
WHERE contact_id = :contact AND NOT is_given AND source = :source AND at = :at AND mistaken_at IS NULL
""")


def mark_mistaken(connection: Connection, contact: int, source: str, at: datetime, now: datetime) -> bool:
    """Note that what a contact said at this moment was misread as a no: it stays as proof, and counts no more.

    The caller commits, and lets their last choice decide. False when there is no such statement.
    """
    about = {"contact": contact, "source": source, "at": at, "now": now}
    return connection.execute(MARK_MISTAKEN, about).rowcount > 0


def record_consent(connection: Connection, statements: Sequence[ConsentStatement], now: datetime) -> None:
    """Store what contacts said, all in one statement, and when they last agreed as their `consent_at`.

    It does not change their suppression; `models.mail.suppression.apply_choices` does.
    """
    if statements:
        connection.execute(INSERT, {"statements": to_json(statements), "now": now})
        given = [statement.contact_id for statement in statements if statement.is_given]
        connection.execute(NOTE_CONSENT, {"contacts": given})


NOTE_CONSENT = text(f"""
UPDATE contact SET consent_at = given.at
FROM (SELECT contact_id, max(at) AS at FROM consent WHERE contact_id = ANY(:contacts) AND is_given AND {COUNTS}
      GROUP BY contact_id) AS given
WHERE contact.id = given.contact_id AND (contact.consent_at IS NULL OR contact.consent_at < given.at)
""")
