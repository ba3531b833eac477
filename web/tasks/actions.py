"""What can be done with a task beside reporting: taking a report back, putting it off, giving it to a colleague, and
looking at the mail that an outcome sends.
"""

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.database import engine
from models.journeys.snooze import snooze
from models.tasks.delegate import colleagues, delegate
from models.tasks.mail_again import mail_task_again
from models.tasks.undo import take_back
from web.contacts.qualification import GivenAnswers
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, typed_moment, validate_text
from web.tasks.answer import OpenedTask, TaskOfLink, audit_ops, open_task, refusal, task_response
from web.tasks.mail_preview import mail_preview

router = APIRouter()

LONGEST_REASON = 500
TOO_LATE = "This report can no longer be taken back: what follows from it has begun. Nothing was changed."


@router.post("/tasks/{token}/undo")
def undo_report(request: Request, link: TaskOfLink) -> Response:
    """Take the report back: the form has what had been typed. Once more changes nothing."""
    with engine().begin() as connection:
        opened = open_task(connection, link)
        if refused := refusal(request, opened):
            return refused
        if take_back(connection, opened.task.id, datetime.now(UTC)):
            audit_ops(connection, request, opened, "took a report back")
        elif not opened.task.is_open:
            return task_response(request, connection, opened, 409, kept={"problem": TOO_LATE})
        return RedirectResponse(f"/tasks/{link.token}", 303)


@router.post("/tasks/{token}/snooze")
def snooze_task(
    request: Request,
    link: TaskOfLink,
    until: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Put the task off until a day that the lead named."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        opened = open_task(connection, link)
        if over := _is_over(request, connection, opened):
            return over
        try:
            moment = typed_moment(until, at, opened.visitor.zone, now)
            words = _reason(reason)
        except UnreadableText as problem:
            return task_response(request, connection, opened, 422, kept={"problem": str(problem)})
        snooze(connection, opened.task.id, moment, words, now)
        audit_ops(connection, request, opened, "put a task off")
    return RedirectResponse(f"/tasks/{link.token}?done=snoozed", 303)


@router.post("/tasks/{token}/delegate")
def delegate_task(
    request: Request, link: TaskOfLink, to: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = ""
) -> Response:
    """Give the task to a colleague, who is mailed; the lead stays whose it is."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        opened = open_task(connection, link)
        who = opened.visitor.worker
        if (over := _is_over(request, connection, opened)) or who is None:
            return over or task_response(request, connection, opened, 409)
        try:
            words = _reason(reason)
            known = {str(one.id): one.id for one in colleagues(connection, who, _today(opened, now))}
            if to not in known:
                raise UnreadableText("Nobody was chosen who can take it. Choose a colleague from the list.")
        except UnreadableText as problem:
            return task_response(request, connection, opened, 422, kept={"problem": str(problem)})
        delegate(connection, opened.task.id, who, known[to], words, now)
    return RedirectResponse(f"/tasks/{link.token}", 303)


@router.post("/tasks/{token}/new-link")
def send_new_link(request: Request, link: TaskOfLink) -> Response:
    """Mail the task once more to whoever has it: they alone get a link that works, whoever asks for it."""
    with engine().begin() as connection:
        opened = open_task(connection, link)
        mail_task_again(connection, opened.task.id, datetime.now(UTC))
    return page(request, "tasks/old_link.html", task=opened.task, token=link.token, sent=opened.task.is_open)


@router.post("/tasks/{token}/mail")
def look_at_mail(request: Request, link: TaskOfLink, given: GivenAnswers) -> Response:
    """What the lead gets after the outcome that was chosen, with what has been typed. Nothing is reported by it."""
    with engine().connect() as connection:
        opened = open_task(connection, link)
        if over := _is_over(request, connection, opened):
            return over
        try:
            return mail_preview(request, connection, opened, given)
        except UnreadableText as problem:
            kept = {name: given.get(name, "") for name in ("outcome", "notes")} | {"problem": str(problem)}
            return task_response(request, connection, opened, 422, kept=kept, given=given)


@router.post("/tasks/{token}/change")
def change_report(request: Request, link: TaskOfLink, given: GivenAnswers) -> Response:
    """Back from the mail to the form, with what has been typed. Nothing is reported by it."""
    with engine().connect() as connection:
        opened = open_task(connection, link)
        if over := _is_over(request, connection, opened):
            return over
        kept = {name: given.get(name, "") for name in ("outcome", "notes")}
        return task_response(request, connection, opened, kept=kept, given=given)


def _is_over(request: Request, connection: Connection, opened: OpenedTask) -> Response | None:
    """The page that says why nothing can be done with the task; None where it is open and theirs."""
    if refused := refusal(request, opened):
        return refused
    return None if opened.task.is_open else task_response(request, connection, opened, 409)


def _today(opened: OpenedTask, now: datetime) -> date:
    return now.astimezone(ZoneInfo(opened.visitor.zone)).date()


def _reason(typed: str) -> str:
    reason = validate_text(typed, "The words of the reason", longest=LONGEST_REASON)
    if not reason:
        raise UnreadableText("No reason was given. Say in a few words why, for whoever reads it later.")
    return reason
