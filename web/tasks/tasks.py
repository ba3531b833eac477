"""The task page: who to call and why, and the form whose outcome steers the journey. Needs no login, only its link."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.access.token import verify_token
from models.contacts.set_fields import set_fields
from models.database import engine
from models.tasks.outcome import complete_task as record
from models.tasks.outcome import lock_run_of_task
from web.contacts.qualification import GivenAnswers, qualification_form, read_changes, save_qualification
from web.frame.pages import page
from web.frame.security import require_same_origin
from web.frame.typed_text import UnreadableText, validate_text
from web.tasks.company_zone import company_zone
from web.tasks.task_form import read_form, task_form
from web.tasks.task_page import TaskPage, task_page

router = APIRouter()

LONGEST_NOTES = 10_000
GONE = "This task is no longer there: the person it was about has been erased. There is nothing left to do."


@router.get("/tasks/{token}")
def show_task(request: Request, token: str) -> Response:
    """The task, whatever its state. Looking changes nothing: mail scanners look too."""
    with engine().connect() as connection:
        return task_response(request, connection, find_task(connection, verify_token("task", token)), token)


@router.post("/tasks/{token}")
def report_outcome(
    request: Request,
    token: str,
    given: GivenAnswers,
    outcome: Annotated[str, Form()] = "",
    notes: Annotated[str, Form()] = "",
    seen_request: Annotated[str, Form()] = "",
) -> Response:
    """Record the outcome once with what was filled in beside it, and what else was found out.

    Sending a report twice is fine; a different second report is answered with what was recorded first (409).
    """
    now = datetime.now(UTC)
    with engine().begin() as connection:
        task = find_task(connection, verify_token("task", token))
        try:
            outcome, notes = _checked_report(task, outcome, notes)
            answers = read_form(connection, task.form, task.contact_id, given, now)
            found_out = read_changes(connection, task.contact_id, given, without=task.form)
        except UnreadableText as problem:
            kept = {"outcome": outcome, "notes": notes, "problem": str(problem)}
            return task_response(request, connection, task, token, 422, kept=kept, given=given)
        lock_run_of_task(connection, task.id)
        if found_out:
            set_fields(connection, [task.contact_id], found_out, now)
        if not record(
            connection,
            task.id,
            outcome,
            notes,
            now,
            answers=answers.given,
            contact_changes=answers.contact_changes,
            # What they asked for while the page was open is not answered by this report.
            seen_request=int(seen_request) if seen_request.isdecimal() and len(seen_request) < 19 else None,
        ):
            task = find_task(connection, task.id)
            if (task.outcome, task.notes or "", task.answers) != (outcome, notes, answers.given):
                return task_response(request, connection, task, token, 409)
    return RedirectResponse(f"/tasks/{token}", 303)


@router.post("/tasks/{token}/qualify", dependencies=[Depends(require_same_origin)])
def qualify_by_task(request: Request, token: str, given: GivenAnswers) -> Response:
    """Save it without reporting; a report that has been begun stays on the page.

    Also when the task is done: what is learned later counts as well.
    """
    with engine().begin() as connection:
        task = find_task(connection, verify_token("task", token))
        kept = {name: given.get(name, "") for name in ("outcome", "notes")}
        try:
            save_qualification(connection, task.contact_id, given, datetime.now(UTC), without=task.form)
        except UnreadableText as problem:
            return task_response(request, connection, task, token, 422, kept=kept, given=given, unsaved=str(problem))
        if task.is_open and any(given.get(name) for name in ("outcome", "notes", *task.form)):
            # The report has been begun in the same form: what is typed of it must not be lost.
            return task_response(request, connection, task, token, kept=kept | {"saved": "yes"}, given=given)
    return RedirectResponse(f"/tasks/{token}", 303)


def find_task(connection: Connection, task_id: int) -> TaskPage:
    """The task. Raises 404 when it is gone."""
    task = task_page(connection, task_id)
    if task is None:
        raise HTTPException(404, GONE)
    return task


def _checked_report(task: TaskPage, outcome: str, notes: str) -> tuple[str, str]:
    if outcome not in task.outcomes:
        found = f"'{outcome[:100]}' is not one of the outcomes" if outcome else "No outcome was chosen"
        raise UnreadableText(f"{found}. Choose one of: {', '.join(task.outcomes)}.")
    return outcome, validate_text(notes, "The notes", longest=LONGEST_NOTES)


def task_response(
    request: Request,
    connection: Connection,
    task: TaskPage,
    token: str,
    status: int = 200,
    *,
    kept: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
    unsaved: str | None = None,
) -> Response:
    """The page of the task, with what was typed into its forms when that could not be taken."""
    about_them = qualification_form(
        connection, task.contact_id, given, unsaved, without=task.form if task.is_open else ()
    )
    form = task_form(connection, task.form, task.contact_id, given)
    shown: dict[str, Any] = {"task": task, "token": token, "typed": kept, "form": form, "qualification": about_them}
    return page(request, "tasks/task.html", status=status, zone=company_zone(connection), **shown)
