"""What a play came to, read from its database."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from flows.rehearsal.deliver import CapHits
from models.database import to_json

Path = tuple[str, ...]
"""The steps of a contact's runs with their answers, and how each run ended, in the order in which they came."""

MAILS = text("""
SELECT CAST(sent_at AT TIME ZONE :zone AS date) AS day, template, count(*) AS n FROM message
WHERE kind IN ('marketing', 'transactional') AND state = 'sent' AND sent_at >= :begin AND sent_at < :end
  AND run_id = ANY(CAST(:runs AS bigint[])) GROUP BY 1, 2 ORDER BY 1, 2
""")

TASKS = text("""
SELECT CAST(created_at AT TIME ZONE :zone AS date) AS day, assignee, journey, name, count(*) AS n FROM task
WHERE created_at >= :begin AND created_at < :end AND run_id = ANY(CAST(:runs AS bigint[]))
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
""")

ENDS = text("""
SELECT journey, CASE WHEN ended_at < :end THEN ending END AS ending, waiting_for,
       CASE WHEN ended_at IS NULL THEN stuck_reason END AS stuck, count(*) AS n
FROM journey_run WHERE id = ANY(CAST(:runs AS bigint[])) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
""")

TWO_JOURNEYS = text("""
SELECT count(DISTINCT a.contact_id) FROM message a JOIN message b ON b.contact_id = a.contact_id
  AND b.sent_at > a.sent_at AND b.sent_at <= a.sent_at + interval '7 days'
  AND split_part(b.template, '/', 1) <> split_part(a.template, '/', 1)
WHERE a.run_id = ANY(CAST(:runs AS bigint[])) AND b.run_id = ANY(CAST(:runs AS bigint[]))
  AND a.kind IN ('marketing', 'transactional') AND b.kind IN ('marketing', 'transactional')
  AND a.sent_at >= :begin AND b.sent_at < :end
""")

ENTERED = text("""
SELECT count(DISTINCT contact_id) FROM journey_run WHERE id = ANY(CAST(:runs AS bigint[])) AND journey = :journey
""")

PATHS = text("""
SELECT r.contact_id, r.journey, s.verb, s.name, s.answer, r.started_at, r.id, s.number
FROM journey_run r JOIN step s ON s.run_id = r.id WHERE r.id = ANY(CAST(:runs AS bigint[]))
UNION ALL
SELECT r.contact_id, r.journey, 'end', r.ending, NULL, r.started_at, r.id, NULL
FROM journey_run r WHERE r.id = ANY(CAST(:runs AS bigint[])) AND r.ended_at < :end
ORDER BY contact_id, started_at, id, number NULLS LAST
""")


@dataclass(frozen=True)
class Span:
    """What is counted: these runs, within this time, by the days of a time zone."""

    journey: str
    runs: Sequence[int]
    begin: datetime
    end: datetime
    zone: str

    @property
    def values(self) -> dict[str, Any]:
        """As the SQL of this module binds it."""
        runs = f"{{{','.join(map(str, self.runs))}}}"
        return {"journey": self.journey, "runs": runs, "begin": self.begin, "end": self.end, "zone": self.zone}


@dataclass(frozen=True)
class Result:
    """The numbers of one play, or of what really happened."""

    entered: int
    """Contacts who came onto the journey."""
    mails_by_day: Mapping[date, int]
    mails: Mapping[str, int]
    """Template -> how many were sent."""
    tasks_by_day: Mapping[tuple[str, date], int]
    """(address of whoever has it, day) -> how many are new."""
    tasks: Mapping[tuple[str, str], int]
    """(journey, task) -> how many."""
    endings: Mapping[tuple[str, str], int]
    """(journey, ending) -> runs."""
    open: Mapping[tuple[str, str], int]
    """(journey, what it waits for) -> runs that did not end."""
    stuck: Mapping[tuple[str, str], int]
    """(journey, reason) -> runs."""
    two_journeys: int
    """Contacts who had mail of two journeys within a week."""
    waited_for_cap: int = 0
    skipped_by_cap: int = 0
    paths: Mapping[int, Path] = field(default_factory=dict)
    """Contact -> path; read only when two versions are compared."""


def read_result(connection: Connection, span: Span, caps: CapHits | None = None, *, with_paths: bool = False) -> Result:
    """Count what these runs did."""
    about = span.values
    mails = connection.execute(MAILS, about).all()
    tasks = connection.execute(TASKS, about).all()
    ends = connection.execute(ENDS, about).all()
    caps = caps or CapHits()
    return Result(
        entered=connection.execute(ENTERED, about).scalar_one(),
        mails_by_day=_summed((row.day, row.n) for row in mails),
        mails=_summed((row.template, row.n) for row in mails),
        tasks_by_day=_summed(((row.assignee, row.day), row.n) for row in tasks),
        tasks=_summed(((row.journey, row.name), row.n) for row in tasks),
        endings=_summed(((row.journey, row.ending), row.n) for row in ends if row.ending),
        open=_summed(((row.journey, row.waiting_for), row.n) for row in ends if not row.ending and not row.stuck),
        stuck=_summed(((row.journey, row.stuck), row.n) for row in ends if row.stuck),
        two_journeys=connection.execute(TWO_JOURNEYS, about).scalar_one(),
        waited_for_cap=len(caps.waited - caps.skipped),
        skipped_by_cap=len(caps.skipped),
        paths=_paths(connection, about) if with_paths else {},
    )


def _summed(counts: Any) -> dict[Any, int]:
    summed: Counter[Any] = Counter()
    for key, n in counts:
        summed[key] += n
    return dict(summed)


def _paths(connection: Connection, about: Mapping[str, Any]) -> dict[int, Path]:
    paths: dict[int, list[str]] = {}
    for row in connection.execute(PATHS, about):
        told = f"ends: {row.name}" if row.verb == "end" else f"{row.verb} {row.name}: {_word(row.answer)}"
        paths.setdefault(row.contact_id, []).append(f"{row.journey}, {told}")
    return {contact: tuple(steps) for contact, steps in paths.items()}


def _word(answer: Any) -> str:
    if isinstance(answer, dict):
        # An event that came, by its name; its number differs from play to play.
        return str(answer.get("name", "answered"))
    return "nothing" if answer is None else answer if isinstance(answer, str) else to_json(answer)
