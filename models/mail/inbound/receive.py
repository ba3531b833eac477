"""Receives an inbound mail: stores it once, classifies it, matches it to a contact, and emits its event."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from models.mail.inbound.bounce_report import BounceReport, parse_bounce_report
from models.mail.inbound.calendar_answer import read_calendar_answer
from models.mail.inbound.classify import Classification, classify
from models.mail.inbound.effects import EFFECTS, bring_about, stored_mail
from models.mail.inbound.matching import ContactMatch, match_contact, match_message
from models.mail.inbound.mime import ParsedMail
from models.mail.inbound.reply_text import reply_text
from models.tables.inbound_mail import FOR_PEOPLE, InboundKind, InboundMail
from models.tables.mail_event import MailEvent
from models.values.sanitize import escape_unstorable

LOCK_MAIL = text("""
SELECT id FROM inbound_mail
WHERE id = :id AND contact_id IS NULL AND reviewed_at IS NULL FOR UPDATE
""")

CONTACT = text("SELECT id FROM contact WHERE id = :contact FOR KEY SHARE")

ASSIGN = text("""
UPDATE inbound_mail SET contact_id = :contact, matched_by = 'a person', reviewed_at = :now WHERE id = :id
""")

DISMISS = text(
    "UPDATE inbound_mail SET reviewed_at = :now WHERE id = :id AND contact_id IS NULL AND reviewed_at IS NULL"
)


class NotAssignable(LookupError):
    """The inbound mail cannot be assigned to this contact."""


def assign_to_contact(connection: Connection, number: int, contact: int, now: datetime) -> None:
    """Assign a mail to a contact, as if it had matched when it came. The caller commits. Raises NotAssignable."""
    mail = connection.execute(LOCK_MAIL, {"id": number}).one_or_none()
    if mail is None:
        raise NotAssignable(f"Mail {number} no longer waits for a decision: a colleague was faster, or it never did.")
    if connection.execute(CONTACT, {"contact": contact}).one_or_none() is None:
        raise NotAssignable(f"There is no contact {contact}. Give the number or the email of one that is there.")
    connection.execute(ASSIGN, {"id": number, "contact": contact, "now": now})
    _bring_about(connection, number, now)


def dismiss(connection: Connection, number: int, now: datetime) -> bool:
    """Mark a mail as no contact's: it leaves the list and is kept. False when it was reviewed before."""
    return connection.execute(DISMISS, {"id": number, "now": now}).rowcount == 1


MAX_RAW_BYTES = 1024 * 1024
"""How much of a raw mail is stored. Its text is stored whole beside it; of its files the names are enough."""
LONGEST_LINE = 1_000
PROVIDER_REPEATS_FOR = timedelta(days=3)
"""How long a provider goes on posting a mail that it was not told we have."""

SAME_LATELY = text("SELECT key FROM inbound_mail WHERE starts_with(key, :key) AND received_at > :since LIMIT 1")


def receive_mail(connection: Connection, mail: ParsedMail, raw: bytes, now: datetime) -> int | None:
    """Store a mail and give its number; None when it is stored already. The caller commits.

    A person's mail emits `replied:<template>`, for journeys that wait for a reply; a program's, and one in which
    nothing is said, `auto_replied:<kind>`, which is no reply. Who asks to be left off the list is unsubscribed; where
    that is all that they say, there is nothing to answer. A bounce report counts only with the signed reply address of
    a message in it.
    """
    found_kind = classify(mail)
    failure = parse_bounce_report(mail) if found_kind.kind is InboundKind.BOUNCE else None
    found = match_contact(connection, mail) or _match_bounced(connection, failure)
    row = _row(mail, raw, found_kind) | {"key": _key(connection, mail, now), "received_at": now}
    # What nobody says anything by, and matches no contact, needs no review.
    row |= {"reviewed_at": now} if found_kind.kind not in FOR_PEOPLE and found is None else {}
    number = connection.execute(_insert(row | _match_columns(found))).scalar()
    if number is not None and failure is not None:
        _store_bounce(connection, failure, row["key"], now)
    elif number is not None and found is not None:
        _bring_about(connection, number, now)
    return number


def _bring_about(connection: Connection, number: int, now: datetime) -> None:
    mail = stored_mail(connection, number)
    bring_about(connection, mail, EFFECTS[InboundKind(mail.kind)], now, key=f"inbound:{number}")


def _key(connection: Connection, mail: ParsedMail, now: datetime) -> str:
    """The key of a mail. One that nothing tells from another of the same words is the same while a provider may repeat
    it, and another one later.
    """
    if mail.is_dated:
        return mail.key
    about = {"key": mail.key, "since": now - PROVIDER_REPEATS_FOR}
    return connection.execute(SAME_LATELY, about).scalar() or f"{mail.key}:{now:%Y-%m-%d}"


def _row(mail: ParsedMail, raw: bytes, found: Classification) -> dict[str, Any]:
    """The row to store. Anybody can write these texts, so what Postgres cannot store is escaped in them."""
    return {
        "kind": str(found.kind),
        "reason": found.reason and escape_unstorable(found.reason)[:LONGEST_LINE],
        "from_address": escape_unstorable(mail.from_address)[:LONGEST_LINE],
        "to_address": escape_unstorable(", ".join(mail.to_addresses))[:LONGEST_LINE],
        "subject": escape_unstorable(mail.subject)[:LONGEST_LINE],
        "body": escape_unstorable(_body(mail)),
        "raw": raw[:MAX_RAW_BYTES],
    }


def _body(mail: ParsedMail) -> str:
    """What is shown of a mail: what they wrote, or what can be said of it in words, and the names of its files."""
    answer = read_calendar_answer(mail.calendar)
    written = reply_text(mail.text, mail.subject)
    if answer and (answer.writes_the_text or not written):
        words = f"{answer.words[0].upper()}{answer.words[1:]}."
        written = f"{words}\n\n{answer.comment}".strip()
    if not mail.attachments:
        return written
    what = "a file" if len(mail.attachments) == 1 else "files"
    written = written or f"(Sent {what} without writing anything.)"
    return f"{written}\n\n[attached: {', '.join(mail.attachments)}]"


def _match_columns(found: ContactMatch | None) -> dict[str, Any]:
    if found is None:
        return {}
    ids = {"contact_id": found.contact_id, "message_id": found.message_id, "run_id": found.run_id}
    return ids | {"matched_by": found.matched_by}


def _insert(row: Mapping[str, Any]) -> Any:
    adding = insert(InboundMail).values(row).on_conflict_do_nothing(index_elements=["key"])
    return adding.returning(col(InboundMail.id))


def _match_bounced(connection: Connection, failure: BounceReport | None) -> ContactMatch | None:
    """The contact and message that a bounce report is about."""
    return match_message(connection, failure.message_id) if failure and failure.message_id is not None else None


def _store_bounce(connection: Connection, failure: BounceReport, key: str, now: datetime) -> None:
    """Store a bounce report as a mail event; it is processed with the provider's, which may suppress the contact."""
    if failure.message_id is None:
        return
    reason = failure.reason and escape_unstorable(failure.reason)
    about = {"kind": str(failure.kind), "message_id": failure.message_id, "reason": reason, "meaning": failure.meaning}
    columns = {"key": f"inbound:{key}", "provider": "inbound", "at": now, "received_at": now}
    connection.execute(insert(MailEvent).values(about | columns).on_conflict_do_nothing(index_elements=["key"]))
