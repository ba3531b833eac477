"""The task page: who to call and why, and the form whose outcome steers the journey. Needs no login, only its link."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.contacts.set_fields import set_fields
from models.database import engine
from models.tasks.close import lock_run_of_task
from models.tasks.outcome import complete_task as record
from web.contacts.qualification import GivenAnswers, read_changes, save_qualification
from web.frame.security import require_same_origin
from web.frame.typed_text import UnreadableText, validate_text
from web.tasks.answer import (
    OpenedLink,
    OpenedTask,
    TaskOfLink,
    audit_ops,
    open_task,
    refusal,
    task_response,
    undo_time,
)
from web.tasks.task_form import read_form

router = APIRouter()

LONGEST_NOTES = 10_000
LONGEST_KEY = 60
NOT_TYPED = ("key", "go_on", "seen_request", "outcome", "notes")
"""Parts of the form that say nothing of the lead, or that are looked at by themselves."""


@router.get("/tasks/{token}")
def show_task(request: Request, link: TaskOfLink) -> Response:
    """The task, whatever its state. Looking changes nothing: mail scanners look too."""
    with engine().connect() as connection:
        opened = open_task(connection, link)
        return refusal(request, opened) or task_response(request, connection, opened)


@router.post("/tasks/{token}")
def report_outcome(
    request: Request,
    link: TaskOfLink,
    given: GivenAnswers,
    outcome: Annotated[str, Form()] = "",
    notes: Annotated[str, Form()] = "",
    seen_request: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    go_on: Annotated[str, Form()] = "",
) -> Response:
    """Record the outcome once with what was filled in beside it, and what else was found out.

    Sending a report twice is fine, also after it was taken back; a different second report is answered with what was
    recorded first (409). `go_on` is "work" where the next task is wanted at once.
    """
    now = datetime.now(UTC)
    with engine().begin() as connection:
        opened = open_task(connection, link)
        if refused := refusal(request, opened):
            return refused
        task = opened.task
        try:
            outcome, notes = _checked_report(opened, outcome, notes)
            answers = read_form(connection, task.form, task.contact_id, given, opened.visitor.zone, now)
            found_out = read_changes(connection, task.contact_id, given, without=task.form)
        except UnreadableText as problem:
            kept = {"outcome": outcome, "notes": notes, "problem": str(problem)}
            return task_response(request, connection, opened, 422, kept=kept, given=given)
        key = _report_key(key, outcome, notes, given)
        lock_run_of_task(connection, task.id)
        recorded = record(
            connection,
            task.id,
            outcome,
            notes,
            now,
            answers=answers.given,
            contact_changes=answers.contact_changes,
            seen_request=_seen_request(seen_request),
            undo=undo_time(connection),
            key=key or None,
        )
        # A report that is not taken, or comes twice, changes nothing that was found out meanwhile.
        if recorded and found_out:
            set_fields(connection, [task.contact_id], found_out, now)
        if recorded:
            audit_ops(connection, request, opened, "reported on a task")
        elif refused := _refused(request, connection, link, (outcome, notes, answers.given), key):
            return refused
    return RedirectResponse(opened.next_path if go_on == "work" else f"/tasks/{link.token}", 303)


@router.post("/tasks/{token}/qualify", dependencies=[Depends(require_same_origin)])
def qualify_by_task(request: Request, link: TaskOfLink, given: GivenAnswers) -> Response:
    """Save it without reporting; a report that has been begun stays on the page.

    Also when the task is done: what is learned later counts as well.
    """
    with engine().begin() as connection:
        opened = open_task(connection, link)
        if refused := refusal(request, opened):
            return refused
        if not opened.visitor.sees_lead:
            return task_response(request, connection, opened, 409)
        task = opened.task
        kept = {name: given.get(name, "") for name in ("outcome", "notes")}
        try:
            save_qualification(connection, task.contact_id, given, datetime.now(UTC), without=task.form)
        except UnreadableText as problem:
            return task_response(request, connection, opened, 422, kept=kept, given=given, unsaved=str(problem))
        if task.is_open and any(given.get(name) for name in ("outcome", "notes", *task.form)):
            # The report has been begun in the same form: what is typed of it must not be lost.
            return task_response(request, connection, opened, kept=kept | {"saved": "yes"}, given=given)
    return RedirectResponse(f"/tasks/{link.token}", 303)


def _checked_report(opened: OpenedTask, outcome: str, notes: str) -> tuple[str, str]:
    outcomes = opened.task.outcomes
    if outcome not in outcomes:
        found = f"'{outcome[:100]}' is not one of the outcomes" if outcome else "No outcome was chosen"
        raise UnreadableText(f"{found}. Choose one of: {', '.join(outcomes)}.")
    return outcome, validate_text(notes, "The notes", longest=LONGEST_NOTES)


def _seen_request(given: str) -> int | None:
    """What they asked for while the page was open is not answered by the report."""
    return int(given) if given.isdecimal() and len(given) < 19 else None


def _report_key(key: str, outcome: str, notes: str, given: Mapping[str, str]) -> str:
    """Names what was typed into one showing of the form: sent twice it is one report, other words are another.

    Empty where the form has sent no key.
    """
    key = key[:LONGEST_KEY]
    if not (key and key.isascii() and key.isprintable()):
        return ""
    typed = sorted((name, value) for name, value in given.items() if name not in NOT_TYPED)
    return f"{key}:{sha256(repr((outcome, notes, typed)).encode(errors='replace')).hexdigest()[:32]}"


def _refused(
    request: Request, connection: Connection, link: OpenedLink, report: tuple[str, str, dict[str, object]], key: str
) -> Response | None:
    """The page that shows what stands instead; None where the very same was reported before."""
    opened = open_task(connection, link)
    task = opened.task
    if task.has_taken(key) or (task.outcome, task.notes or "", task.answers) == report:
        return None
    return task_response(request, connection, opened, 409, unsent=report[:2])
