"""Ops' decisions about mail to contacts: suppress, lift a suppression, resubscribe."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from models.mail.suppression import lift_suppression, resubscribe, suppress
from models.tables.contact import Suppression

SOURCE = "ops"
LIFTABLE_BY_OPS = (Suppression.BOUNCED, Suppression.REMOVED, Suppression.MANUAL)
"""Suppressions that ops may lift. Who unsubscribed has to ask for mail again; a spam complaint is never lifted."""


class MailDecision(StrEnum):
    """What ops can decide about mail to a contact."""

    UNSUBSCRIBE = "no more marketing, they asked us to stop"
    BLOCK_ALL = "no mail at all from here"
    LIFT_SUPPRESSION = "mail again, the reason is gone"
    RESUBSCRIBE = "mail again, they asked for it"


def apply_decision(
    connection: Connection,
    contacts: Sequence[int],
    decision: MailDecision,
    reason: str,
    now: datetime,
    *,
    by: str | None = None,
) -> int:
    """Apply a decision; gives how many contacts it changed. A stronger reason stays, and so does an opt-out.

    `by` names who decided it, for the events.
    """
    data = {name: said for name, said in (("reason", reason), ("by", by)) if said}
    match decision:
        case MailDecision.UNSUBSCRIBE:
            return suppress(connection, contacts, Suppression.UNSUBSCRIBED, now, SOURCE, data)
        case MailDecision.BLOCK_ALL:
            return suppress(connection, contacts, Suppression.MANUAL, now, SOURCE, data)
        case MailDecision.LIFT_SUPPRESSION:
            return lift_suppression(connection, contacts, LIFTABLE_BY_OPS, now, SOURCE, data)
        case MailDecision.RESUBSCRIBE:
            resubscribed = resubscribe(connection, contacts, now, SOURCE, data=data)
            return resubscribed + lift_suppression(connection, contacts, LIFTABLE_BY_OPS, now, SOURCE, data)
