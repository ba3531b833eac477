"""Open tasks of everybody by person, team and kind: what managers look through, and what they act on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.response.promise import DUE, IS_OPEN, PROMISED, PROMISED_AT, promises
from models.tasks.open_tasks import PER_STAGE, SOON, STAGE_PLACE, WITHIN_DAY

AT_ONCE = 200
"""Tasks that one page shows at most."""

RANKED_AT_MOST = 20_000
"""Open tasks that are ranked by importance; of more those that are due first."""

NOBODY = "nobody"
"""Stands for tasks of addresses that are no salesperson's."""

THEIRS = f"""{IS_OPEN}
  AND (CAST(:person AS bigint) IS NULL OR task.rep_id = CAST(:person AS bigint))
  AND (NOT CAST(:office AS bool) OR task.rep_id IS NULL)
  AND (CAST(:team AS text) IS NULL
       OR task.rep_id IN (SELECT rep.id FROM rep JOIN team ON team.id = rep.team_id WHERE team.name = :team))
  AND (CAST(:kind AS text) IS NULL OR coalesce(task.kind, task.name) = :kind)"""
"""SQL over tasks: whether a filter is for them, but for when they are due; binds `TaskFilter.values`."""

PROMISES = f"WITH promise AS MATERIALIZED {promises(THEIRS)}"

TASKS = text(f"""
-- As on the pages of those who do them: overdue first, then who asked again, what is due soon, then by importance.
{PROMISES},
waiting AS MATERIALIZED (
    SELECT DISTINCT e.contact_id FROM repeated_request q JOIN event e ON e.id = q.event_id WHERE q.answered_at IS NULL),
first AS (
    SELECT task.id, due_at < :now AS overdue,
           task.rep_id IS NOT NULL AND task.contact_id IN (SELECT contact_id FROM waiting) AS asked_again,
           coalesce(contact.score, 0) + {PER_STAGE} * coalesce({STAGE_PLACE}, 0)
           + CASE WHEN due_at < CAST(:now AS timestamptz) + interval '1 day' THEN {WITHIN_DAY} ELSE 0 END
           AS importance,
           due_at < CAST(:now AS timestamptz) + interval '{SOON}' AS is_soon
    FROM (SELECT id, contact_id, rep_id, min(due_at) AS due_at FROM (
              (SELECT id, contact_id, rep_id, due_at FROM task
               WHERE {THEIRS} AND (NOT CAST(:overdue AS bool) OR due_at < :now)
               ORDER BY due_at, id LIMIT {RANKED_AT_MOST})
              UNION ALL SELECT id, contact_id, rep_id, due_at FROM promise
              WHERE NOT CAST(:overdue AS bool) OR due_at < :now) AS one
          -- In the order in which contacts stand on the disk, roughly.
          GROUP BY id, contact_id, rep_id ORDER BY contact_id) AS task
    -- By OFFSET each contact is looked up: Postgres would rather read all of them, who may be a million.
    CROSS JOIN LATERAL (SELECT score, stage FROM contact WHERE contact.id = task.contact_id OFFSET 0) AS contact
    ORDER BY overdue DESC, asked_again DESC, is_soon DESC, importance DESC, due_at, task.id LIMIT {AT_ONCE})
SELECT task.id, task.name, task.kind, task.journey, task.assignee, task.rep_id, rep.name AS rep_name, team.name AS team,
       {DUE} AS due_at, {PROMISED_AT} AS promised_at, task.reminders, task.contact_id,
       contact.score, contact.stage, contact.company,
       {DISPLAY_NAME} AS who, first.overdue, first.asked_again, coalesce(rep.link_number, 0) AS link_number,
       task.delegated_at IS NOT NULL AS delegated
FROM first JOIN task USING (id) JOIN contact ON contact.id = task.contact_id
LEFT JOIN rep ON rep.id = task.rep_id LEFT JOIN team ON team.id = rep.team_id {PROMISED}
ORDER BY first.overdue DESC, first.asked_again DESC, first.is_soon DESC, first.importance DESC, due_at, task.id
""")

COUNT = text(f"""
{PROMISES}, chosen AS (
    SELECT count(*) AS open, count(*) FILTER (WHERE due_at < :now)
           + (SELECT count(*) FROM promise WHERE due_at < :now) AS overdue FROM task WHERE {THEIRS})
SELECT CASE WHEN CAST(:overdue AS bool) THEN overdue ELSE open END, overdue FROM chosen
""")

IDS = text(f"""
{PROMISES}
SELECT id FROM task WHERE {THEIRS} AND (NOT CAST(:overdue AS bool) OR due_at < :now)
UNION SELECT id FROM promise WHERE due_at < :now ORDER BY id LIMIT :at_most
""")

PEOPLE = text(f"""
SELECT rep.id, rep.name, count(*) AS tasks FROM task JOIN rep ON rep.id = task.rep_id
WHERE {IS_OPEN} GROUP BY rep.id ORDER BY rep.name, rep.id LIMIT 500
""")
TEAMS = text("SELECT name FROM team ORDER BY name LIMIT 500")
KINDS = text(f"""
SELECT coalesce(kind, name) AS kind, min(name) AS name, max(kind) AS known FROM task WHERE {IS_OPEN}
GROUP BY 1 ORDER BY count(*) DESC LIMIT 100
""")


@dataclass(frozen=True)
class TaskFilter:
    """Which open tasks; without anything said all of them."""

    person: int | None = None
    """A salesperson by number."""
    office: bool = False
    """Only those of addresses that are no salesperson's."""
    team: str | None = None
    kind: str | None = None
    """As in the playbook; of tasks without one the name."""
    overdue: bool = False

    def values(self, now: datetime) -> dict[str, Any]:
        """What the SQL of this module binds."""
        return vars(self) | {"now": now}

    def query(self, **changed: Any) -> dict[str, str]:
        """The query of a link to the same tasks, or with something changed."""
        other = replace(self, **changed)
        person = NOBODY if other.office else str(other.person or "")
        given = {"person": person, "team": other.team, "kind": other.kind, "overdue": "true" if other.overdue else ""}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class ListedTask:
    """One line of the list."""

    id: int
    name: str
    kind: str | None
    journey: str
    assignee: str
    rep_id: int | None
    rep_name: str | None
    team: str | None
    due_at: datetime
    """The earlier of its own due time and the response that is promised."""
    promised_at: datetime | None
    """By when the service level wants somebody to try, where that makes it due."""
    reminders: int
    contact_id: int
    score: Decimal
    stage: str
    company: str | None
    who: str
    overdue: bool
    asked_again: bool
    """They asked for a person once more, and nobody has answered yet."""
    link_number: int
    delegated: bool
    """It was given to a colleague of whoever has the lead."""


@dataclass(frozen=True)
class TaskList:
    """The most important of the tasks that a filter is for, and how many there are in all."""

    tasks: Sequence[ListedTask]
    count: int
    overdue: int


@dataclass(frozen=True)
class TaskChoices:
    """What can be filtered by: who has tasks, all teams, the kinds of open tasks."""

    people: Mapping[int, str]
    teams: Sequence[str]
    kinds: Sequence[tuple[str, str, str | None]]
    """As filtered by, then a name and the kind for the title."""


def chosen_tasks(connection: Connection, chosen: TaskFilter, now: datetime) -> TaskList:
    """The open tasks of a filter, the most important first."""
    values = chosen.values(now)
    count, overdue = connection.execute(COUNT, values).one()
    return TaskList([ListedTask(**task) for task in connection.execute(TASKS, values).mappings()], count, overdue)


def chosen_task_ids(connection: Connection, chosen: TaskFilter, now: datetime, at_most: int) -> list[int]:
    """The numbers of all open tasks of a filter, up to so many."""
    return list(connection.execute(IDS, chosen.values(now) | {"at_most": at_most}).scalars())


def task_choices(connection: Connection) -> TaskChoices:
    """What the form of the filter offers."""
    return TaskChoices(
        {row.id: row.name for row in connection.execute(PEOPLE)},
        list(connection.execute(TEAMS).scalars()),
        [(row.kind, row.name, row.known) for row in connection.execute(KINDS)],
    )
