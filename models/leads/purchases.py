"""Orders of people of whom a file says no more than that they bought."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from models.events.emit import NewEvent, emit
from models.leads.reading.lead import Lead
from models.orders.read_order import ORDER_PLACED


def emit_purchases(connection: Connection, stored: Iterable[tuple[Lead, int]], now: datetime) -> None:
    """Emit the order of each of these leads that has bought, with its contact: one for each source, however often it is
    imported. Nobody knows its amount. Where no day is told it is of the past.
    """
    orders = [
        NewEvent(
            name=ORDER_PLACED,
            contact_id=contact,
            source=lead.source,
            key=f"{lead.source}:bought {lead.source_key or f'contact {contact}'}",
            data={"told_by": lead.event_key} if lead.event_key else {},
            at=lead.at,
            is_history=lead.is_history or not lead.is_dated,
        )
        for lead, contact in stored
        if lead.has_bought
    ]
    emit(connection, orders, now)
