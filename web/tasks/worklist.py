"""Open tasks of everybody by importance, for ops."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection, text

from models.access.token import sign_token
from models.database import engine
from models.display_name import DISPLAY_NAME
from web.frame.login import require_ops
from web.frame.pages import page

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
    ORDER BY overdue DESC, asked_again DESC, contact.score DESC, task.due_at, task.id
    LIMIT :at_once
""")

COUNT = text("""
    SELECT count(*), count(*) FILTER (WHERE due_at < :now) FROM task
    WHERE done_at IS NULL AND closed_at IS NULL
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


@router.get("/tasks", dependencies=[Depends(require_ops)])
def show_all_tasks(request: Request) -> Response:
    """What everybody has to do, for ops."""
    with engine().connect() as connection:
        work = open_tasks(connection, datetime.now(UTC))
    return page(request, "tasks/tasks.html", work=work)


def open_tasks(connection: Connection, now: datetime) -> WorkList:
    """Open tasks of all."""
    about = {"now": now, "at_once": AT_ONCE}
    count, overdue = connection.execute(COUNT, about).one()
    return WorkList([OpenTask(**task) for task in connection.execute(OPEN_TASKS, about).mappings()], count, overdue)
