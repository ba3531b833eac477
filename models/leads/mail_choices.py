"""What leads say about being written to: kept with its proof, and the last word of each contact decides."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models.leads.lead import Lead
from models.mail.consent import ConsentStatement
from models.mail.suppression import apply_choices


def apply_mail_choices(connection: Connection, stored: Iterable[tuple[Lead, int, int]], now: datetime) -> None:
    """Record what these leads, each with its contact and event, agree to or take back; who agreed long ago, and left
    since, stays away.
    """
    groups: defaultdict[tuple[str, bool], list[ConsentStatement]] = defaultdict(list)
    for lead, contact, event in stored:
        if said := _statement(lead, contact, event):
            groups[lead.source, lead.is_history].append(said)
    for (source, is_history), statements in groups.items():
        apply_choices(connection, statements, now, source, is_history=is_history)


def _statement(lead: Lead, contact: int, event: int) -> ConsentStatement | None:
    about: dict[str, Any] = {"contact_id": contact, "source": lead.source, "event_id": event}
    if lead.wants_mail is False:
        return ConsentStatement(is_given=False, at=lead.at, **about)
    if lead.consent is not None:
        return ConsentStatement(is_given=True, **about, **asdict(lead.consent))
    return None
