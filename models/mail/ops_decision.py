"""What one of us decides about mail to contacts: that it ends, or begins again."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from models.mail.suppression import lift, resubscribe, suppress
from models.tables.contact import Suppression

SOURCE = "ops"
OURS_TO_LIFT = (Suppression.BOUNCED, Suppression.REMOVED, Suppression.MANUAL)
"""What we may take back ourselves. Who unsubscribed must want it; who called us spam is left alone for good."""


class MailDecision(StrEnum):
    """What to do."""

    NO_MARKETING = "no more marketing, they asked us to stop"
    NO_MAIL = "no mail at all from here"
    THE_ADDRESS_WORKS = "mail again, the reason is gone"
    THEY_WANT_MAIL = "mail again, they asked for it"


def decide(connection: Connection, contacts: Sequence[int], decision: MailDecision, because: str, now: datetime) -> int:
    """Do it; gives for how many it changed something. Weightier reasons stay, and so does a no of their own."""
    data = {"because": because} if because else {}
    match decision:
        case MailDecision.NO_MARKETING:
            return suppress(connection, contacts, Suppression.UNSUBSCRIBED, now, SOURCE, data)
        case MailDecision.NO_MAIL:
            return suppress(connection, contacts, Suppression.MANUAL, now, SOURCE, data)
        case MailDecision.THE_ADDRESS_WORKS:
            return lift(connection, contacts, OURS_TO_LIFT, now, SOURCE, data)
        case MailDecision.THEY_WANT_MAIL:
            back = resubscribe(connection, contacts, now, SOURCE, data=data)
            return back + lift(connection, contacts, OURS_TO_LIFT, now, SOURCE, data)
