"""Ops' decisions about mail to contacts: suppress, lift a suppression, resubscribe."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from models.mail.suppression import lift_suppression, resubscribe, suppress
from models.tables.contact import Suppression

SOURCE = "ops"
LIFTABLE_BY_OPS = (Suppression.BOUNCED, Suppression.REMOVED, Suppression.MANUAL)
"""What we may take back ourselves. Who unsubscribed must want it; who called us spam is left alone for good."""


class MailDecision(StrEnum):
    """What to do."""

    UNSUBSCRIBE = "no more marketing, they asked us to stop"
    BLOCK_ALL = "no mail at all from here"
    LIFT_SUPPRESSION = "mail again, the reason is gone"
    RESUBSCRIBE = "mail again, they asked for it"


def apply_decision(
    connection: Connection, contacts: Sequence[int], decision: MailDecision, reason: str, now: datetime
) -> int:
    """Do it; gives for how many it changed something. Weightier reasons stay, and so does a no of their own."""
    data = {"reason": reason} if reason else {}
    match decision:
        case MailDecision.UNSUBSCRIBE:
            return suppress(connection, contacts, Suppression.UNSUBSCRIBED, now, SOURCE, data)
        case MailDecision.BLOCK_ALL:
            return suppress(connection, contacts, Suppression.MANUAL, now, SOURCE, data)
        case MailDecision.LIFT_SUPPRESSION:
            return lift_suppression(connection, contacts, LIFTABLE_BY_OPS, now, SOURCE, data)
        case MailDecision.RESUBSCRIBE:
            back = resubscribe(connection, contacts, now, SOURCE, data=data)
            return back + lift_suppression(connection, contacts, LIFTABLE_BY_OPS, now, SOURCE, data)
