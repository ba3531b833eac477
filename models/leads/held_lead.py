"""Leads of strangers that wait for a person to say whether they are leads or spam: kept, taken or closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text, update
from sqlmodel import col

from models.leads.capture import CaptureResult, capture
from models.leads.public_form import Hold, Poster, as_posted, rules_of, split_guards
from models.leads.reading.read_lead import read_lead
from models.leads.rejected_lead import AlreadyRepaired, reject
from models.playbook import current_playbook
from models.tables.event import RejectedLead
from models.values.payload import read_values
from models.values.sanitize import Problem

LOCKED = text("""
    SELECT source, content_type, raw, query, received_at, repaired_at, network_address FROM rejected_lead
    WHERE id = :id AND held_reason IS NOT NULL FOR UPDATE
""")

CLOSE_AS_SPAM = text("""
    UPDATE rejected_lead SET repaired_at = :now, is_spam = true
    WHERE id = ANY(:ids) AND held_reason IS NOT NULL AND repaired_at IS NULL
""")


def hold_lead(
    connection: Connection,
    source: str,
    content_type: str,
    raw: bytes,
    hold: Hold,
    poster: Poster,
    now: datetime,
    key: str | None = None,
    *,
    query: str = "",
) -> int:
    """Store a lead that waits for a look, among the rejected ones; gives its number there. The caller commits."""
    problem = Problem(field="held", found=hold.reason, expected="a person who says whether this is a lead")
    number = reject(connection, source, content_type, raw, [problem], now, key, query=query)
    held = update(RejectedLead).where(col(RejectedLead.id) == number)
    connection.execute(held.values(held_reason=hold.reason, network_address=poster.network_address))
    return number


def take_held_lead(connection: Connection, number: int, now: datetime) -> CaptureResult:
    """Capture a held lead as it was sent, as of the time it was received. The caller commits.

    Raises AlreadyRepaired when a person has decided before, and what is raised for a lead that cannot be read.
    """
    kept: Any = connection.execute(LOCKED, {"id": number}).one_or_none()
    if kept is None or kept.repaired_at:
        raise AlreadyRepaired(AlreadyRepaired.__doc__)
    playbook = current_playbook(connection)
    rules, poster = rules_of(kept.source, playbook), Poster(network_address=kept.network_address)
    values, _ = split_guards(read_values(kept.content_type, bytes(kept.raw), kept.query or ""), rules)
    lead = as_posted(read_lead(kept.source, playbook, values, kept.received_at), rules, poster)
    [taken] = capture(connection, [lead], now)
    closed = update(RejectedLead).where(col(RejectedLead.id) == number)
    connection.execute(closed.values(repaired_at=now, event_id=taken.event_id))
    return taken


def close_as_spam(connection: Connection, numbers: Sequence[int], now: datetime) -> int:
    """Close held leads as spam; they stay readable. Gives how many were open. The caller commits."""
    return connection.execute(CLOSE_AS_SPAM, {"ids": list(numbers), "now": now}).rowcount
