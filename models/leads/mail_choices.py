"""What leads say about being written to: kept with its proof, and the last word of each contact decides."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models.leads.reading.lead import Lead
from models.mail.consent import ConsentStatement
from models.mail.double_opt_in.confirmation import UnconfirmedLead, ask_for_confirmation
from models.mail.suppression import apply_choices


def apply_mail_choices(connection: Connection, stored: Iterable[tuple[Lead, int, int]], now: datetime) -> None:
    """Record what these leads, each with its contact and event, agree to or take back; who agreed long ago, and left
    since, stays away.
    """
    groups: defaultdict[tuple[str, bool], list[ConsentStatement]] = defaultdict(list)
    for lead, contact, event in stored:
        if (said := _statement(lead, contact, event)) and not waits_for_confirmation(lead):
            groups[lead.source, lead.is_history].append(said)
    for (source, is_history), statements in groups.items():
        apply_choices(connection, statements, now, source, is_history=is_history)


def ask_for_confirmations(connection: Connection, stored: Iterable[tuple[Lead, int, int, bool]], now: datetime) -> None:
    """Ask those of these leads, each with its contact, its event and whether the contact is new, who came in by a form
    with double opt-in.
    """
    unconfirmed = [
        UnconfirmedLead(contact, is_new, _statement(lead, contact, event) if waits_for_confirmation(lead) else None)
        for lead, contact, event, is_new in stored
        if lead.double_opt_in and not lead.is_history
    ]
    if unconfirmed:
        ask_for_confirmation(connection, unconfirmed, now)


def waits_for_confirmation(lead: Lead) -> bool:
    """Whether what a lead agrees to counts only once it is confirmed. A no counts at once."""
    return lead.double_opt_in and lead.consent is not None and lead.wants_mail is not False


def _statement(lead: Lead, contact: int, event: int) -> ConsentStatement | None:
    about: dict[str, Any] = {"contact_id": contact, "source": lead.source, "event_id": event}
    if lead.wants_mail is False:
        return ConsentStatement(is_given=False, at=lead.at, **about)
    if lead.consent is not None:
        return ConsentStatement(is_given=True, **about, **asdict(lead.consent))
    return None
