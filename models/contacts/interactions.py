"""Notes and calls that a person logs without a task: events of the contact, with who it was."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from models.events.emit import NewEvent, emit

TALKED, NOT_INTERESTED, NOT_REACHED = "Talked", "Talked: Not Interested", "Could Not Reach"
CALL_OUTCOMES = (TALKED, NOT_INTERESTED, NOT_REACHED)
"""What can have come of a call."""

EVENTS_OF_CALL = {
    TALKED: ("call_connected",),
    NOT_INTERESTED: ("call_connected", "turned_us_down"),
    NOT_REACHED: ("call_tried",),
}


@dataclass(frozen=True, kw_only=True)
class LoggedCall:
    """A call, and what came of it."""

    outcome: str
    """One of CALL_OUTCOMES."""
    notes: str
    by: str
    """Who logged it, as people read it."""
    rep_id: int | None = None
    """The salesperson whose call it was, in whose numbers it counts; None: the owner's at that moment."""


def log_note(
    connection: Connection, contact: int, words: str, by: str, key: str, now: datetime, *, rep_id: int | None = None
) -> bool:
    """Note something about a contact; false when a note with this key is there. Nothing follows from it.

    `rep_id` is the salesperson who wrote it; None for ops.
    """
    data: dict[str, object] = {"text": words, "by": by} | ({} if rep_id is None else {"rep_id": rep_id})
    note = NewEvent(name="note_added", contact_id=contact, source="person", key=f"person:{key}:note", data=data)
    return emit(connection, [note], now) != [None]


def log_call(connection: Connection, contact: int, call: LoggedCall, key: str, now: datetime) -> bool:
    """Log a call, which counts as a contact with the lead; false when one with this key is there."""
    data: dict[str, object] = {"outcome": call.outcome, "by": call.by}
    if call.rep_id is not None:
        data["rep_id"] = call.rep_id
    events = [
        NewEvent(name=name, contact_id=contact, source="person", key=f"person:{key}:{name}", data=data)
        for name in EVENTS_OF_CALL[call.outcome]
    ]
    stored = emit(connection, events, now)
    if stored[0] is None:
        return False
    if call.notes:
        log_note(connection, contact, f"{call.outcome}. {call.notes}", call.by, key, now, rep_id=call.rep_id)
    return True
