"""Receives an inbound mail: stores it once, classifies it, matches it to a contact, and emits its event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from models.events.emit import NewEvent, emit
from models.mail.inbound.bounce_report import BounceReport, parse_bounce_report
from models.mail.inbound.classify import classify
from models.mail.inbound.matching import ContactMatch, match_contact, match_message
from models.mail.inbound.mime import ParsedMail
from models.mail.inbound.opt_out import OptOut, read_opt_out
from models.mail.inbound.reply_text import reply_text
from models.mail.suppression import suppress
from models.tables.contact import Suppression
from models.tables.inbound_mail import InboundKind, InboundMail
from models.tables.mail_event import MailEvent
from models.values.sanitize import escape_unstorable

LOCK_MAIL = text("""
SELECT id, kind, from_address, subject, body FROM inbound_mail
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
    mail = connection.execute(LOCK_MAIL, {"id": number}).mappings().one_or_none()
    if mail is None:
        raise NotAssignable(f"Mail {number} no longer waits for a decision: a colleague was faster, or it never did.")
    if connection.execute(CONTACT, {"contact": contact}).one_or_none() is None:
        raise NotAssignable(f"There is no contact {contact}. Give the number or the email of one that is there.")
    connection.execute(ASSIGN, {"id": number, "contact": contact, "now": now})
    found = ContactMatch(contact_id=contact, matched_by="a person")
    emit_inbound(connection, number, InboundKind(mail["kind"]), found, dict(mail), now)


def dismiss(connection: Connection, number: int, now: datetime) -> bool:
    """Mark a mail as no contact's: it leaves the list and is kept. False when it was reviewed before."""
    return connection.execute(DISMISS, {"id": number, "now": now}).rowcount == 1


MAX_RAW_BYTES = 1024 * 1024
"""How much of a raw mail is stored. Its text is stored whole beside it; of its files the names are enough."""
LONGEST_LINE = 1_000
MAX_EVENT_TEXT = 2_000
"""Characters of the text that go with the event."""


def receive_mail(connection: Connection, mail: ParsedMail, raw: bytes, now: datetime) -> int | None:
    """Store a mail and give its number; None when it is stored already. The caller commits.

    A person's mail emits `replied:<template>`, for journeys that wait for a reply; a program's emits
    `auto_replied:<kind>`, which is no reply. A text that only says "stop" unsubscribes the contact instead: there is
    nothing to answer. A bounce report counts only with the signed reply address of a message in it.
    """
    found_kind = classify(mail)
    kind, reason = found_kind.kind, found_kind.reason
    failure = parse_bounce_report(mail) if kind is InboundKind.BOUNCE else None
    found = match_contact(connection, mail) or _match_bounced(connection, failure)
    row = _row(mail, raw) | {"kind": str(kind), "reason": reason and escape_unstorable(reason), "received_at": now}
    # What a program wrote and matches no contact needs no review.
    row |= {"reviewed_at": now} if kind is not InboundKind.REPLY and found is None else {}
    number = connection.execute(_insert(row | _match_columns(found))).scalar()
    if number is not None and failure is not None:
        _store_bounce(connection, failure, row["key"], now)
    elif number is not None and found is not None:
        emit_inbound(connection, number, kind, found, row, now)
    return number


def emit_inbound(
    connection: Connection, number: int, kind: InboundKind, found: ContactMatch, row: Mapping[str, Any], now: datetime
) -> None:
    """Emit the event of a contact's mail, or unsubscribe the contact if that is all that it asks for."""
    data = {
        "subject": row["subject"],
        "text": row["body"][:MAX_EVENT_TEXT],
        "from": row["from_address"],
        "message": found.message_id,
        "run": found.run_id,
        "inbound": number,
        "matched_by": found.matched_by,
    }
    if kind is InboundKind.REPLY and read_opt_out(row["body"], row["subject"]) is OptOut.WHOLE:
        suppress(connection, [found.contact_id], Suppression.UNSUBSCRIBED, now, "inbound", data)
        return
    name, topic = ("replied", found.template) if kind is InboundKind.REPLY else ("auto_replied", kind.replace(" ", "-"))
    key = f"inbound:{number}"
    arrived = NewEvent(name=name, topic=topic, contact_id=found.contact_id, source="inbound", key=key, data=data)
    emit(connection, [arrived], now)


def _row(mail: ParsedMail, raw: bytes) -> dict[str, Any]:
    """The row to store. Anybody can write these texts, so what Postgres cannot store is escaped in them."""
    body = reply_text(mail.text, mail.subject)
    if mail.attachments:
        body = f"{body}\n\n[attached: {', '.join(mail.attachments)}]".strip()
    return {
        "key": mail.key,
        "from_address": escape_unstorable(mail.from_address)[:LONGEST_LINE],
        "to_address": escape_unstorable(", ".join(mail.to_addresses))[:LONGEST_LINE],
        "subject": escape_unstorable(mail.subject)[:LONGEST_LINE],
        "body": escape_unstorable(body),
        "raw": raw[:MAX_RAW_BYTES],
    }


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
