"""Open tasks by importance: a salesperson's own behind a signed link, everyone's for ops."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection, text

from models.access.token import sign_token, verify_token
from models.database import engine
from models.display_name import DISPLAY_NAME
from web.frame.login import require_ops
from web.frame.pages import page
from web.tasks.company_zone import company_zone

router = APIRouter()

AT_ONCE = 200

# Overdue first, then who asked again, then the hottest lead, then whatever is due soonest.
OPEN_TASKS = text(f"""
    SELECT task.id, task.name, task.journey, task.assignee, rep.name AS rep_name, task.due_at, task.reminders,
           task.contact_id, contact.score, contact.stage, contact.company,
           {DISPLAY_NAME} AS who,
           task.due_at < :now AS overdue,
           task.rep_id IS NOT NULL AND EXISTS (
               SELECT FROM repeated_request q JOIN event e ON e.id = q.event_id
               WHERE q.answered_at IS NULL AND e.contact_id = task.contact_id) AS asked_again
    FROM task JOIN contact ON contact.id = task.contact_id LEFT JOIN rep ON rep.id = task.rep_id
    WHERE task.done_at IS NULL AND task.closed_at IS NULL
      AND (CAST(:assignee AS text) IS NULL OR task.assignee = :assignee)
    ORDER BY overdue DESC, asked_again DESC, contact.score DESC, task.due_at, task.id
    LIMIT :at_once
""")

COUNT = text("""
    SELECT count(*), count(*) FILTER (WHERE due_at < :now) FROM task
    WHERE done_at IS NULL AND closed_at IS NULL AND (CAST(:assignee AS text) IS NULL OR assignee = :assignee)
""")


@dataclass(frozen=True)
class OpenTask:
    """One line of the list."""

    id: int
    name: str
    journey: str
    assignee: str
    rep_name: str | None
    due_at: datetime
    reminders: int
    contact_id: int
    score: Decimal
    stage: str
    company: str | None
    who: str
    overdue: bool
    asked_again: bool
    """They asked for a person once more, and nobody has answered yet."""

    @property
    def link(self) -> str:
        """The path of its page."""
        return f"/tasks/{sign_token('task', self.id)}"


@dataclass(frozen=True)
class WorkList:
    """The most important open tasks, and how many there are in all."""

    tasks: list[OpenTask]
    count: int
    overdue: int


@router.get("/worklist/{token}")
def show_work_list(request: Request, token: str) -> Response:
    """What one salesperson has to do, the most important first."""
    assignee = verify_token("work list", token)
    with engine().connect() as connection:
        work, zone = open_tasks(connection, datetime.now(UTC), assignee), company_zone(connection)
    return page(request, "tasks/worklist.html", work=work, assignee=assignee, zone=zone)


@router.get("/tasks", dependencies=[Depends(require_ops)])
def show_all_tasks(request: Request) -> Response:
    """What everybody has to do, for ops."""
    with engine().connect() as connection:
        work = open_tasks(connection, datetime.now(UTC), None)
    return page(request, "tasks/tasks.html", work=work)


def open_tasks(connection: Connection, now: datetime, assignee: str | None) -> WorkList:
    """Open tasks of one assignee, or of all."""
    about = {"now": now, "assignee": assignee, "at_once": AT_ONCE}
    count, overdue = connection.execute(COUNT, about).one()
    return WorkList([OpenTask(**task) for task in connection.execute(OPEN_TASKS, about).mappings()], count, overdue)
