"""Open tasks of everybody by importance, for ops: by person, team and kind, with what can be done about them."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from models.access.token import sign_token
from models.database import engine
from models.tasks.chosen_tasks import NOBODY, RANKED_AT_MOST, TaskFilter, chosen_tasks, task_choices
from models.team.active_reps import active_reps
from web.frame.forms.done import JustDone
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter()

LONGEST = 200
DONE = {
    "remind": "{tasks}: whoever has them has a mail.",
    "give": "{tasks} given to a colleague.",
    "leads": "{leads} went to others, with their open tasks.",
    "close": "{tasks} closed.",
}
"""What was done -> how it is said."""


def read_filter(person: str = "", team: str = "", kind: str = "", overdue: str = "") -> TaskFilter:
    """The tasks that an address or a form asks for; what says nothing that can be meant is left out."""
    number = int(person) if person.isascii() and person.isdecimal() and len(person) < 19 else None
    return TaskFilter(
        person=number,
        office=person == NOBODY,
        team=_text(team),
        kind=_text(kind),
        overdue=overdue == "true",
    )


Chosen = Annotated[TaskFilter, Depends(read_filter)]


@router.get("/tasks", dependencies=[Depends(require_ops)])
def show_all_tasks(request: Request, chosen: Chosen, done: JustDone) -> Response:
    """What everybody has to do, for ops."""
    with engine().connect() as connection:
        return tasks_page(request, connection, chosen, said=done.sentence(DONE))


def tasks_page(
    request: Request,
    connection: Connection,
    chosen: TaskFilter,
    *,
    said: str = "",
    problem: str = "",
    given: Mapping[str, str] | None = None,
    ticked: Collection[int] = (),
) -> Response:
    """The list, with what was done, or why nothing was; what was typed into the form stays."""
    work = chosen_tasks(connection, chosen, datetime.now(UTC))
    return page(
        request,
        "tasks/tasks.html",
        status=422 if problem else 200,
        work=work,
        chosen=chosen,
        ranked_at_most=RANKED_AT_MOST,
        choices=task_choices(connection),
        reps=active_reps(connection),
        links={task.id: f"/tasks/{sign_token('task', task.id)}" for task in work.tasks},
        key=uuid4().hex,
        said=said,
        problem=problem,
        given=given or {},
        ticked=ticked,
    )


def _text(given: str) -> str | None:
    return given[:LONGEST].replace("\0", "") or None
