"""Counts each rep's leads of today, open leads and overdue tasks, for limits and overload."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.database import to_json
from models.playbook import Playbook
from models.playbook.routing import Overload, RouterKind
from models.tasks.overload import HAS_FALLEN_BEHIND, limits

ASSIGNED_TODAY = text("""
-- Open offers count: a rep who accepts all of them must not exceed the limit.
SELECT n.rep_id, (SELECT count(*) FROM assignment a WHERE a.rep_id = n.rep_id AND a.at >= n.begins)
               + (SELECT count(*) FROM offer o WHERE o.rep_id = n.rep_id AND o.answer IS NULL)
FROM json_to_recordset(CAST(:days AS json)) AS n (rep_id bigint, begins timestamptz)
""")

OPEN_LEADS = text("""
-- Leads with an open task, and those that are theirs to take; the task of a lead that was given a moment ago is still
-- to come.
SELECT rep_id, count(*) FROM (
    SELECT c.owner_id AS rep_id, c.id FROM task t JOIN contact c ON c.id = t.contact_id
    WHERE t.done_at IS NULL AND t.closed_at IS NULL AND c.owner_id = ANY(:reps)
    UNION
    SELECT a.rep_id, c.id FROM assignment a JOIN contact c ON c.id = a.contact_id AND c.owner_id = a.rep_id
    WHERE a.rep_id = ANY(:reps) AND a.at > :lately
      AND NOT EXISTS (SELECT FROM task t WHERE t.contact_id = c.id AND t.created_at >= a.at)
    UNION
    SELECT rep_id, contact_id FROM offer WHERE rep_id = ANY(:reps) AND answer IS NULL
) AS open_lead GROUP BY rep_id
""")

OVERLOADED = text(f"""
SELECT rep_id FROM task WHERE rep_id = ANY(:reps) AND done_at IS NULL AND closed_at IS NULL
GROUP BY rep_id HAVING {HAS_FALLEN_BEHIND}
""")

TASK_CREATION_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Workload:
    """Counts of the reps for whom they matter: leads of today, open leads, overload."""

    today: dict[int, int]
    open: dict[int, int]
    overloaded: frozenset[int]


def workload(
    connection: Connection, playbook: Playbook, rows: Sequence[Any], kind: RouterKind, now: datetime
) -> Workload:
    begins = {
        row.id: _midnight(row.zone or playbook.company.time_zone, now) for row in rows if row.most_a_day is not None
    }
    busy = [row.id for row in rows if row.most_open is not None or kind is RouterKind.LEAST_BUSY]
    return Workload(
        _assigned_since(connection, begins),
        _open_leads(connection, busy, now),
        _overloaded(connection, [row.id for row in rows], playbook.routing.overload, now),
    )


def _midnight(zone: str, now: datetime) -> datetime:
    return datetime.combine(now.astimezone(ZoneInfo(zone)).date(), time(0), ZoneInfo(zone))


def _assigned_since(connection: Connection, begins: dict[int, datetime]) -> dict[int, int]:
    days = [{"rep_id": rep, "begins": midnight} for rep, midnight in begins.items()]
    return dict(connection.execute(ASSIGNED_TODAY, {"days": to_json(days)}).tuples().all()) if days else {}


def _open_leads(connection: Connection, reps: list[int], now: datetime) -> dict[int, int]:
    values = {"reps": reps, "lately": now - TASK_CREATION_DELAY}
    return dict(connection.execute(OPEN_LEADS, values).tuples().all()) if reps else {}


def _overloaded(connection: Connection, reps: list[int], overload: Overload | None, now: datetime) -> frozenset[int]:
    if not reps or overload is None:
        return frozenset()
    return frozenset(connection.execute(OVERLOADED, limits(overload) | {"reps": reps, "now": now}).scalars())
