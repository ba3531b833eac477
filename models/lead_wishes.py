"""What leads say about being written to: a box that asks for no mail, or agrees to it, counts like the page for it."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection

from models.contact import Suppression
from models.lead import Lead
from models.suppressing import resubscribe, suppress


def note_wishes(connection: Connection, leads: Iterable[tuple[int, Lead]], now: datetime) -> None:
    """Write down what each contact said last. A wish that was stored late does not overrule a later no."""
    last = {contact: lead for contact, lead in leads if lead.wants_mail is not None}
    wishes = sorted((bool(lead.wants_mail), lead.source, lead.at, contact) for contact, lead in last.items())
    for (wants_mail, source, at), alike in groupby(wishes, key=lambda wish: wish[:3]):
        contacts = [contact for *_, contact in alike]
        if wants_mail:
            resubscribe(connection, contacts, now, source, said_at=at)
        else:
            suppress(connection, contacts, Suppression.UNSUBSCRIBED, now, source)
