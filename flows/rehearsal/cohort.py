"""Whom a rehearsal is about, over which time, and what of their past counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, text
from sqlmodel import col

from flows.runtime.definitions.definition import Definition
from models import Contact
from models.conditions.parse import parse_condition
from models.database import id_list
from models.playbook import Playbook

AT_MOST = 10_000
"""Contacts of one rehearsal unless it says otherwise; of more a sample is taken."""

# By a hash of the id: the same sample each time, and no run of neighbours.
SAMPLED = func.hashint8extended(col(Contact.id), 0)

TRIGGERED = text("""
SELECT min(received_at) FROM event
WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND (name = ANY(:patterns) OR name || ':' || topic = ANY(:patterns))
  AND (CAST(:begin AS timestamptz) IS NULL OR received_at >= :begin)
""")

STARTED = text("""
SELECT contact_id, min(started_at) AS at FROM journey_run
WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND journey = :journey
  AND (CAST(:begin AS timestamptz) IS NULL OR started_at >= :begin) GROUP BY contact_id
""")

CREATED = text("SELECT id AS contact_id, created_at AS at FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))")


class NothingToRehearse(ValueError):
    """There is nothing that the journey could be rehearsed with; the message says what is missing."""


@dataclass(frozen=True)
class Cohort:
    """The contacts of a rehearsal, and the time that passes."""

    condition: str
    contacts: Sequence[int]
    found: int
    """How many fit the condition; more than `contacts` when these are a sample."""
    begin: datetime
    end: datetime
    starts: Sequence[tuple[int, datetime]]
    """Who is put on the journey when; empty for a journey that events start."""
    entry: str
    """How contacts come onto the journey, in a sentence."""

    @property
    def is_sample(self) -> bool:
        """Whether it is a sample of those who fit."""
        return len(self.contacts) < self.found


def select_cohort(
    connection: Connection,
    playbook: Playbook,
    definition: Definition,
    condition: str,
    weeks: float,
    *,
    now: datetime,
    begin: datetime | None = None,
    at_most: int = AT_MOST,
) -> Cohort:
    """Who fits the condition, and the time from `begin`, or from when the first of them enters, for so many weeks.

    Nothing after `now` is played. Raises BadCondition for a condition that cannot be read, NothingToRehearse when
    nobody fits it or nobody ever enters.
    """
    fits = parse_condition(condition, playbook.fields) if condition.strip() else col(Contact.id).is_not(None)
    found = connection.execute(select(func.count()).select_from(Contact).where(fits)).scalar_one()
    if not found:
        raise NothingToRehearse(f"No contact fits the cohort: {condition}")
    ids = select(col(Contact.id)).where(fits).order_by(SAMPLED).limit(at_most)
    contacts = sorted(one for one in connection.execute(ids).scalars() if one is not None)
    about = {"contacts": id_list(contacts), "begin": begin}
    if definition.starts_on:
        first = connection.execute(TRIGGERED, about | {"patterns": list(definition.starts_on)}).scalar()
        if first is None:
            raise NothingToRehearse(
                f"Nobody of the cohort enters {definition.name}: none of its triggers was recorded of them "
                f"({', '.join(definition.starts_on)})."
            )
        starts: list[tuple[int, datetime]] = []
        entry = "Its triggers start it, at the moments at which they were recorded."
    else:
        starts, entry = _starts(connection, definition, about)
        first = min(at for _, at in starts)
    start = begin or first
    end = min(start + timedelta(weeks=weeks), now)
    if end <= start:
        raise NothingToRehearse(f"The time to rehearse begins at {start:%Y-%m-%d %H:%M}, which is not over yet.")
    within = [(contact, max(at, start)) for contact, at in starts if at < end]
    return Cohort(condition, contacts, found, start, end, within, entry)


def _starts(
    connection: Connection, definition: Definition, about: Mapping[str, object]
) -> tuple[list[tuple[int, datetime]], str]:
    """Of a journey that no event starts: when they were put on it; of one that nobody was on, when they came."""
    rows = connection.execute(STARTED, {**about} | {"journey": definition.name}).all()
    if rows:
        return [(row.contact_id, row.at) for row in rows], (
            "No event starts it: contacts are put on it when they were put on it first."
        )
    rows = connection.execute(CREATED, {"contacts": about["contacts"]}).all()
    return [(row.contact_id, row.at) for row in rows], (
        "No event starts it and nobody was on it: contacts are put on it when they came, or when the time begins."
    )
