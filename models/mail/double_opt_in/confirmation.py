"""Double opt-in: asks whoever agreed by a form to confirm it from their mailbox, and confirms it by their click."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

from models.access.token import sign_token, verify_token
from models.database import lock_contacts
from models.events.emit import NewEvent, emit
from models.mail.answers import release_answers
from models.mail.consent import ConsentStatement, confirm_consent, record_consent
from models.mail.queue import NewMessage, queue_messages
from models.mail.rendering.links import web_url
from models.mail.rules.mail_rules import CONFIRM_WITHIN
from models.mail.suppression import apply_last_choice, suppress
from models.tables.contact import Suppression
from models.tables.message import MessageKind

PURPOSE = "confirm consent"
TEMPLATE = "consent/confirm"
CONFIRMED = "consent_confirmed"
LINK_LASTS = CONFIRM_WITHIN
MOST_UNANSWERED = 3
"""Mails that ask the same address within LINK_LASTS. Whoever does not click on the third does not want to."""

ADDRESSES = text("""
    SELECT id, email, consent_at IS NOT NULL AND suppressed IS NULL AS has_agreed,
           (SELECT count(*) FROM message WHERE contact_id = contact.id AND template = :template
               AND queued_at > :since AND coalesce(to_address, contact.email) = contact.email) AS asked
    FROM contact WHERE id = ANY(:contacts)
""")


@dataclass(frozen=True)
class UnconfirmedLead:
    """A lead of a form with double opt-in."""

    contact_id: int
    is_new_contact: bool
    consent: ConsentStatement | None
    """What they agree to; None for who does not."""


def ask_for_confirmation(connection: Connection, leads: Sequence[UnconfirmedLead], now: datetime) -> None:
    """Store the consents of these leads as waiting, and queue a mail to each that asks for a click. The caller commits.

    A contact who is new gets no marketing until then. One mail a day and address, few in all; nobody is asked who has
    agreed already.
    """
    new = [lead.contact_id for lead in leads if lead.is_new_contact]
    if new:
        suppress(connection, new, Suppression.UNCONFIRMED, now, "double opt-in")
    agreeing = [lead.consent for lead in leads if lead.consent]
    if not agreeing:
        return
    about = {"contacts": [one.contact_id for one in agreeing], "template": TEMPLATE, "since": now - LINK_LASTS}
    contacts: dict[int, Any] = {row.id: row for row in connection.execute(ADDRESSES, about)}
    waiting = [_waiting(one, contacts[one.contact_id], now) for one in agreeing]
    record_consent(connection, waiting, now)
    queue_messages(connection, [_mail(one) for one in waiting if one.message_key], now)


def _waiting(statement: ConsentStatement, contact: Any, now: datetime) -> ConsentStatement:
    """The statement with the address that has to confirm it, and with the mail that asks for it, if any does."""
    asks = contact.email and not contact.has_agreed and contact.asked < MOST_UNANSWERED
    key = f"confirm:{contact.id}:{_short(contact.email)}:{now.date()}" if asks else None
    return replace(statement, needs_confirmation=True, address=contact.email, message_key=key)


def _short(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()[:12]


def _mail(statement: ConsentStatement) -> NewMessage:
    key = str(statement.message_key)
    return NewMessage(
        key=key,
        contact_id=statement.contact_id,
        run_id=None,
        kind=MessageKind.TRANSACTIONAL,
        template=TEMPLATE,
        data={"url": f"{web_url()}/confirm/{sign_token(PURPOSE, key)}", "days": LINK_LASTS.days},
        to_address=statement.address,
    )


class Confirmation(StrEnum):
    """How a link of a confirmation mail stands."""

    OPEN = "open"
    """A click on its page confirms."""
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    OPTED_OUT = "opted out"
    """They have unsubscribed since; an older yes does not lift that."""
    OTHER_ADDRESS = "other address"
    """The contact has another address by now, which this mail did not go to."""
    UNKNOWN = "unknown"
    """We hold nothing about them any more."""


@dataclass(frozen=True)
class ConfirmationLink:
    """A link of a confirmation mail, and how it stands."""

    state: Confirmation
    contact_id: int | None = None
    address: str | None = None
    source: str | None = None


LINK = text("""
    SELECT consent.contact_id, consent.address, max(consent.at) AS at, max(consent.received_at) AS received_at,
           bool_and(consent.confirmed_at IS NOT NULL) AS is_confirmed, max(consent.source) AS source, contact.email,
           contact.suppressed = 'unsubscribed' AND coalesce(contact.suppressed_at > max(consent.at), true)
               AS has_opted_out
    FROM consent JOIN contact ON contact.id = consent.contact_id
    WHERE consent.message_key = :key AND consent.needs_confirmation
    GROUP BY consent.contact_id, consent.address, contact.id
""")


def read_link(connection: Connection, token: str, now: datetime) -> ConfirmationLink:
    """How the link stands. Raises ForgedToken for one that is not ours."""
    found = connection.execute(LINK, {"key": verify_token(PURPOSE, token)}).one_or_none()
    if found is None:
        return ConfirmationLink(Confirmation.UNKNOWN)
    return ConfirmationLink(_state(found, now), found.contact_id, found.address, found.source)


def _state(found: Any, now: datetime) -> Confirmation:
    if found.has_opted_out:
        return Confirmation.OPTED_OUT
    if found.is_confirmed:
        return Confirmation.CONFIRMED
    if found.email != found.address:
        return Confirmation.OTHER_ADDRESS
    return Confirmation.EXPIRED if now - found.received_at > LINK_LASTS else Confirmation.OPEN


def confirm(connection: Connection, token: str, network_address: str | None, now: datetime) -> ConfirmationLink:
    """Confirm what the link asks for; gives how the link stands after that. A second click changes nothing.

    The contact gets mail from then on, and the answers that waited go out. The event is `consent_confirmed`.
    """
    before = read_link(connection, token, now)
    lock_contacts(connection, [before.contact_id] if before.contact_id else [])
    link = read_link(connection, token, now)
    if link.state is not Confirmation.OPEN or link.contact_id is None or not link.address:
        return link
    source = link.source or "double opt-in"
    confirm_consent(connection, link.contact_id, link.address, network_address, now)
    apply_last_choice(connection, [link.contact_id], now, source)
    emit(connection, [NewEvent(name=CONFIRMED, contact_id=link.contact_id, source=source)], now)
    release_answers(connection, link.contact_id, now)
    return replace(link, state=Confirmation.CONFIRMED)
