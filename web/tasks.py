"""The task page: who to call and why, and the form whose outcome steers the journey. Needs no login, only its link."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.database import engine
from models.reporting import report as record
from models.token import read
from web.pages import page
from web.task_page import TaskPage, task_page
from web.typed_text import UnreadableText, typed

router = APIRouter()

LONGEST_NOTES = 10_000
GONE = "This task is no longer there: the person it was about has been erased. There is nothing left to do."


@router.get("/tasks/{token}")
def show_task(request: Request, token: str) -> Response:
    """The task, whatever its state. Looking changes nothing: mail scanners look too."""
    with engine().connect() as connection:
        return page(request, "task.html", task=_find(connection, read("task", token)), token=token, typed=None)


@router.post("/tasks/{token}")
def report(
    request: Request, token: str, outcome: Annotated[str, Form()] = "", notes: Annotated[str, Form()] = ""
) -> Response:
    """Record the outcome once. The same report again is fine; a different one is answered with what stands (409)."""
    with engine().begin() as connection:
        task = _find(connection, read("task", token))
        try:
            outcome, notes = _checked(task, outcome, notes)
        except UnreadableText as problem:
            return _ask_again(request, task, token, outcome, notes, str(problem))
        if not record(connection, task.id, outcome, notes, datetime.now(UTC)):
            task = _find(connection, task.id)
            if (task.outcome, task.notes or "") != (outcome, notes):
                return page(request, "task.html", status=409, task=task, token=token, typed=None)
    return RedirectResponse(f"/tasks/{token}", 303)


def _find(connection: Connection, task_id: int) -> TaskPage:
    task = task_page(connection, task_id)
    if task is None:
        raise HTTPException(404, GONE)
    return task


def _checked(task: TaskPage, outcome: str, notes: str) -> tuple[str, str]:
    if outcome not in task.outcomes:
        found = f"'{outcome[:100]}' is not one of the outcomes" if outcome else "No outcome was chosen"
        raise UnreadableText(f"{found}. Choose one of: {', '.join(task.outcomes)}.")
    return outcome, typed(notes, "The notes", longest=LONGEST_NOTES)


def _ask_again(request: Request, task: TaskPage, token: str, outcome: str, notes: str, problem: str) -> Response:
    kept = {"outcome": outcome, "notes": notes, "problem": problem}
    return page(request, "task.html", status=422, task=task, token=token, typed=kept)
