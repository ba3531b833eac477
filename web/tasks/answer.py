"""Opens a task by its link, and answers with its page in whatever state it is."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from models.access.work_link import TaskLink, read_task_token
from models.playbook import NoPlaybook, current_playbook
from models.tasks.delegate import colleagues
from models.tasks.open_tasks import open_tasks
from web.contacts.qualification import qualification_form
from web.frame.audit import audit
from web.frame.pages import page
from web.frame.security import require_same_origin
from web.frame.who import Who
from web.tasks.briefing import instructions, kind_titles
from web.tasks.lead_clock import lead_clocks
from web.tasks.task_form import as_typed, task_form
from web.tasks.task_page import TaskPage, task_page
from web.tasks.visitor import Visitor, ops_by_number, visitor

GONE = "This task is no longer there: the person it was about has been erased. There is nothing left to do."


@dataclass(frozen=True)
class OpenedTask:
    """A task and whoever opened it."""

    task: TaskPage
    visitor: Visitor
    token: str

    @property
    def next_path(self) -> str:
        """Where they go after a report: to their page, which begins with the next task."""
        work = self.visitor.worker
        return f"{work.path}?reported={self.task.id}" if work else f"/tasks/{self.token}"


@dataclass(frozen=True)
class OpenedLink:
    """A link to a task as a request brings it, with whoever of ops sends that."""

    link: TaskLink
    token: str
    ops: Who | None


def read_link(request: Request, token: str) -> OpenedLink:
    """What a request brings. Raises ForgedToken; 403 for a form of another site that ops are made to send."""
    link = read_task_token(token)
    ops = ops_by_number(request, link)
    if ops is not None:
        require_same_origin(request)
    return OpenedLink(link, token, ops)


# Asked before the endpoint opens a transaction.
TaskOfLink = Annotated[OpenedLink, Depends(read_link)]


def open_task(connection: Connection, opened: OpenedLink) -> OpenedTask:
    """The task of a link. Raises EndedLink, and 404 when the task is gone."""
    task = task_page(connection, opened.link.task_id, opened.link.rep_id)
    if task is None:
        raise HTTPException(404, GONE)
    return OpenedTask(task, visitor(connection, opened.link, task, opened.ops, datetime.now(UTC)), opened.token)


def audit_ops(connection: Connection, request: Request, opened: OpenedTask, action: str) -> None:
    """A row of the audit where ops have done it; a salesperson's own doing is an event of the lead."""
    if opened.visitor.ops is not None:
        audit(connection, request, action, contact_id=opened.task.contact_id, who=opened.visitor.ops)


def undo_time(connection: Connection) -> timedelta:
    """How long a report can be taken back; not at all before there is a playbook."""
    try:
        return current_playbook(connection).tasks.undo
    except NoPlaybook:
        return timedelta(0)


def new_key() -> str:
    """By which a report is known when its form is sent twice."""
    return secrets.token_urlsafe(9)


def refusal(request: Request, opened: OpenedTask) -> Response | None:
    """The page for whoever had the task before, or whose link does not say who they are: nothing of the lead."""
    if opened.visitor.is_unknown:
        return page(request, "tasks/old_link.html", status=410, task=opened.task, token=opened.token, sent=False)
    if opened.visitor.has_moved:
        status = 200 if request.method in ("GET", "HEAD") else 409
        return page(request, "tasks/moved.html", status=status, task=opened.task, visitor=opened.visitor)
    return None


def task_response(
    request: Request,
    connection: Connection,
    opened: OpenedTask,
    status: int = 200,
    *,
    kept: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    unsaved: str | None = None,
    unsent: Sequence[str] | None = None,
) -> Response:
    """The page of the task, with what was typed into its forms when that could not be taken.

    `kept` are the outcome and the notes, with a `problem` or what became of them; `unsent` are those of a report that
    came too late; `unsaved` is the problem with the rest.
    """
    task, who, now = opened.task, opened.visitor, datetime.now(UTC)
    if not who.sees_lead:
        return _report_alone(request, connection, opened, status, kept, unsent)
    if task.is_open and task.draft and kept is None:
        kept, given = typed_before(task.draft)
    about_them = qualification_form(
        connection, task.contact_id, given, unsaved, without=task.form if task.is_open else ()
    )
    today = now.astimezone(ZoneInfo(who.zone)).date()
    shown: dict[str, Any] = {
        "task": task,
        "token": opened.token,
        "typed": kept,
        "unsent": unsent,
        "form": task_form(connection, task.form, task.contact_id, given),
        "qualification": about_them,
        "zone": who.zone,
        "visitor": who,
        "briefing": instructions(connection, [task], now)[task.id] if task.is_open else None,
        "clock": lead_clocks(connection, [task.contact_id], now).get(task.contact_id),
        "can_undo": task.emit_at is not None and task.emit_at > now,
        "colleagues": colleagues(connection, who.worker, today) if who.worker and task.is_open else [],
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "key": new_key(),
        "later": "later" in request.query_params,
        "done": request.query_params.get("done") if status == 200 else None,
        "titles": kind_titles(connection),
        **_next_task(connection, opened, now),
    }
    return page(request, "tasks/task.html", status=status, **shown)


def _report_alone(
    request: Request,
    connection: Connection,
    opened: OpenedTask,
    status: int,
    kept: Mapping[str, str] | None,
    unsent: Sequence[str] | None,
) -> Response:
    """What was reported, for who has the lead no more: nothing that was learned of it since, and no form."""
    shown: dict[str, Any] = {
        "task": opened.task,
        "typed": kept,
        "unsent": unsent,
        "form": task_form(connection, opened.task.form, opened.task.contact_id),
        "zone": opened.visitor.zone,
        "visitor": opened.visitor,
        "titles": kind_titles(connection),
        **_next_task(connection, opened, datetime.now(UTC)),
    }
    return page(request, "tasks/report.html", status=status, **shown)


def typed_before(draft: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Outcome and notes, and the answers, of a report that was taken back, as its form has them."""
    kept = {"outcome": draft.get("outcome") or "", "notes": draft.get("notes") or "", "taken_back": "yes"}
    answers = draft.get("answers") or {}
    return kept, {name: as_typed(value) for name, value in answers.items()}


def _next_task(connection: Connection, opened: OpenedTask, now: datetime) -> dict[str, Any]:
    """The most important other task of whoever looks, and how many more there are."""
    who = opened.visitor.worker
    if who is None:
        return {"next_task": None, "next_token": None, "others": 0}
    work = open_tasks(connection, who, now, at_most=2)
    following = next((one for one in work.tasks if one.id != opened.task.id), None)
    return {
        "next_task": following,
        "next_token": following.token(who) if following else None,
        "others": work.count - opened.task.is_open,
    }
