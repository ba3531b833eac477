"""Leads that could not be read: kept byte for byte, shown to ops, and read again once they are repaired."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from models.leads.capture import CaptureResult, capture
from models.leads.imported_lead import read_imported_lead
from models.leads.incoming_event import read_incoming_events
from models.leads.matching.candidates import UnknownContact
from models.leads.public_form import Poster, as_posted, rules_of, split_guards
from models.leads.reading.lead import OWN_KEYS, Lead, UnreadableLead
from models.leads.reading.read_lead import read_lead
from models.leads.reading.source_match import UnknownSource
from models.playbook import current_playbook
from models.playbook.source import EVENTS_SOURCE
from models.tables.event import RejectedLead
from models.values.payload import UnreadablePayload
from models.values.sanitize import Problem, escape_unstorable

STILL_OPEN = text("SELECT key FROM rejected_lead WHERE key = ANY(:keys) AND repaired_at IS NULL")

LONGEST_NAME = 200
LEAD_ERRORS = (UnreadablePayload, UnreadableLead, UnknownSource, UnknownContact)
"""What is wrong with a lead that is rejected; every other error is ours."""


def problems_of(error: Exception) -> Sequence[Problem]:
    """What is wrong field by field, or the error's own sentence where it is about the lead as a whole."""
    return (
        error.problems if isinstance(error, UnreadableLead) else [Problem(field="lead", found=str(error), expected="")]
    )


def reject(
    connection: Connection,
    source: str,
    content_type: str,
    raw: bytes,
    problems: Sequence[Problem],
    now: datetime,
    key: str | None = None,
    *,
    query: str = "",
) -> int:
    """Store a rejected lead; returns its id. With a key, a second lead of that key is not stored again."""
    row = {
        "source": escape_unstorable(source)[:LONGEST_NAME],
        "content_type": escape_unstorable(content_type)[:LONGEST_NAME],
    }
    given = {"raw": raw, "query": escape_unstorable(query) or None, "problems": list(problems)}
    values = row | given | {"received_at": now, "key": key}
    kept = insert(RejectedLead).values(values).on_conflict_do_nothing(index_elements=["key"])
    number = connection.execute(kept.returning(col(RejectedLead.id))).scalar()
    before = select(col(RejectedLead.id)).where(col(RejectedLead.key) == key)
    return number or connection.execute(before).scalar_one() or 0


class AlreadyRepaired(ValueError):
    """This lead has been repaired before, perhaps by a colleague just now. Nothing was done a second time."""


def repair_lead(connection: Connection, number: int, source: str, values: Any, now: datetime) -> list[CaptureResult]:
    """Capture a rejected lead with repaired values, as of the time it was received.

    Raises what read_lead raises while it is not in order, and AlreadyRepaired when someone was faster.
    """
    kept = lock_rejected(connection, number)
    captured = capture(connection, _read_again(connection, kept, source, values), now)
    close_repaired(connection, number, captured[0].event_id, now)
    return captured


def lock_rejected(connection: Connection, number: int) -> Any:
    """A rejected lead, locked: its `key`, `received_at` and `network_address`. Raises AlreadyRepaired."""
    kept = connection.execute(_locked(number)).one()
    if kept.repaired_at:
        raise AlreadyRepaired(AlreadyRepaired.__doc__)
    return kept


def close_repaired(connection: Connection, number: int, event: int, now: datetime) -> None:
    """A rejected lead has become this event."""
    mended = update(RejectedLead).where(col(RejectedLead.id) == number)
    connection.execute(mended.values(repaired_at=now, event_id=event))


def _read_again(connection: Connection, kept: Any, source: str, values: Any) -> list[Lead]:
    """Read the stored payload as what it came in as: events of a system, a row of a file, or a posted lead."""
    playbook = current_playbook(connection)
    if source == EVENTS_SOURCE:
        return read_incoming_events(values, playbook, kept.received_at)
    if kept.key and not kept.key.startswith(OWN_KEYS):
        return [read_imported_lead(source, playbook, values, kept.received_at, row_key=kept.key)]
    rules = rules_of(source, playbook)
    if isinstance(values, Mapping):
        values, _ = split_guards(values, rules)
    poster = Poster(network_address=kept.network_address)
    return [as_posted(read_lead(source, playbook, values, kept.received_at), rules, poster)]


def close_lead(connection: Connection, number: int, now: datetime) -> None:
    """Close a rejected lead that a person has looked at and that is none; it stays readable. The caller commits."""
    still_open = col(RejectedLead.id) == number, col(RejectedLead.repaired_at).is_(None)
    connection.execute(update(RejectedLead).where(*still_open).values(repaired_at=now, is_spam=True))


def mark_repaired(connection: Connection, events: Mapping[str, int], now: datetime) -> None:
    """Mark imported leads as repaired that could be read this time, as after a change of the playbook."""
    for key in connection.execute(STILL_OPEN, {"keys": list(events)}).scalars().all():
        mended = update(RejectedLead).where(col(RejectedLead.key) == key)
        connection.execute(mended.values(repaired_at=now, event_id=events[str(key)]))


def _locked(number: int) -> Any:
    columns = (
        col(RejectedLead.received_at),
        col(RejectedLead.repaired_at),
        col(RejectedLead.key),
        col(RejectedLead.network_address),
    )
    return select(*columns).where(col(RejectedLead.id) == number).with_for_update()
