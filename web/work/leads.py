"""A salesperson's own leads: found by name, what can be logged about one, and tasks for oneself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.access.work_link import TaskLink, Worker, worker_of_link
from models.contacts.interactions import CALL_OUTCOMES, LoggedCall, log_call, log_note
from models.contacts.set_fields import set_fields
from models.database import engine
from models.display_name import DISPLAY_NAME, PHONE_TO_DIAL
from models.journeys.start_task import BadTaskRequest, TaskRequest, start_task
from models.playbook import current_playbook
from models.response.promise import DUE, IS_OPEN, PROMISED
from models.tasks.call_tasks import CallTask, open_call_tasks, was_reported
from models.tasks.form import NEXT_TALK
from models.tasks.outcome import complete_task
from models.tasks.past import past_interactions
from models.tasks.requests import open_requests
from models.titles import title_of_task
from models.wording import day_of
from web.contacts.qualification import GivenAnswers, qualification_form, save_qualification
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, typed_moment, validate_text
from web.tasks.answer import new_key, undo_time
from web.tasks.briefing import kind_titles
from web.tasks.lead_clock import lead_clocks
from web.tasks.task_form import read_form, task_form
from web.work.beside import LEADS_AT_ONCE, own_leads
from web.work.cards import LETTERS, PAST_AT_ONCE

router = APIRouter()

LONGEST_NOTES = 10_000
LONGEST_KEY = 60
LONGEST_TASK_NOTE = 4_000
SAVED = {
    "note": "The note is saved.",
    "call": "The call is logged.",
    "answers": "What you found out is saved.",
    "task": "The task is yours. It stands on your page within seconds.",
    "lead": "The lead is yours, with what you wrote. A task to call them comes within seconds.",
}
"""Code in the address -> what was saved: no other text stands there."""
GONE = "This lead is no longer there: they have been erased. There is nothing left to do."

LEAD = text(f"""
SELECT contact.id, {DISPLAY_NAME} AS who, contact.company, contact.job_title, contact.email, {PHONE_TO_DIAL} AS phone,
       contact.mobile_phone, contact.preferred_time, contact.time_zone, contact.stage, contact.score, contact.owner_id,
       rep.name AS owner, contact.custom ->> 'request' AS request
FROM contact LEFT JOIN rep ON rep.id = contact.owner_id WHERE contact.id = :contact
""")

TASKS = text(f"""
SELECT task.id, task.name, task.kind, {DUE} AS due_at FROM task {PROMISED}
WHERE task.contact_id = :contact AND task.rep_id = :rep AND {IS_OPEN} ORDER BY due_at, task.id
""")


@router.get("/work/{token}/leads")
def find_leads(request: Request, token: str, q: str = "") -> Response:
    """Their leads, the highest score first."""
    with engine().connect() as connection:
        worker = worker_of_link(connection, token)
        found = own_leads(connection, worker.rep_id or 0, q)
    return page(request, "work/leads.html", worker=worker, leads=found, q=q, most=LEADS_AT_ONCE, zone=worker.zone)


@router.get("/work/{token}/leads/{contact}")
def show_lead(request: Request, token: str, contact: int) -> Response:
    """One of their leads, with the forms."""
    with engine().connect() as connection:
        return _page(request, connection, worker_of_link(connection, token), contact)


@router.post("/work/{token}/leads/{contact}/note")
def add_note(request: Request, token: str, contact: int, given: GivenAnswers) -> Response:
    """Note something about them. Sent twice it is one note."""
    with engine().begin() as connection:
        worker = worker_of_link(connection, token)
        if refused := _not_theirs(request, connection, worker, contact):
            return refused
        try:
            words = validate_text(given.get("notes", ""), "The notes", longest=LONGEST_NOTES)
            if not words:
                raise UnreadableText("Nothing was written. Write the note, or go back.")
        except UnreadableText as problem:
            return _page(request, connection, worker, contact, 422, problem=str(problem), given=given, act="note")
        log_note(connection, contact, words, worker.name, _key(given, contact), datetime.now(UTC), rep_id=worker.rep_id)
    return RedirectResponse(f"{worker.path}/leads/{contact}?saved=note", 303)


@router.post("/work/{token}/leads/{contact}/call")
def add_call(request: Request, token: str, contact: int, given: GivenAnswers) -> Response:
    """Log a call and what came of it, with the day of the next talk. Sent twice it is one call."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        worker = worker_of_link(connection, token)
        if refused := _not_theirs(request, connection, worker, contact):
            return refused
        try:
            outcome = given.get("outcome", "")
            if outcome not in CALL_OUTCOMES:
                raise UnreadableText(f"No outcome was chosen. Choose one of: {', '.join(CALL_OUTCOMES)}.")
            notes = validate_text(given.get("notes", ""), "The notes", longest=LONGEST_NOTES)
            key = _key(given, contact)
            if was_reported(connection, contact, key):
                return RedirectResponse(worker.path, 303)
            if task := next(iter(open_call_tasks(connection, contact, worker.rep_id)), None):
                return _report(connection, worker, task, given, notes, key, now)
            changes = read_form(connection, (NEXT_TALK,), contact, given, worker.zone, now).contact_changes
        except UnreadableText as problem:
            return _page(request, connection, worker, contact, 422, problem=str(problem), given=given, act="call")
        call = LoggedCall(outcome=outcome, notes=notes, by=worker.name, rep_id=worker.rep_id)
        if log_call(connection, contact, call, key, now) and changes:
            set_fields(connection, [contact], changes, now)
    return RedirectResponse(f"{worker.path}/leads/{contact}?saved=call", 303)


def _report(
    connection: Connection,
    worker: Worker,
    task: CallTask,
    given: Mapping[str, str],
    notes: str,
    key: str,
    now: datetime,
) -> Response:
    """Report the call on the task that asks for it, which came after the page was shown. Raises UnreadableText where
    its outcomes are finer than what was chosen."""
    outcome = task.outcome_for(given.get("outcome", ""))
    if outcome is None:
        title = title_of_task(task.name, task.kind, kind_titles(connection))
        raise UnreadableText(f"Your task “{title}” waits for this call: say how it went in its words.")
    answers = read_form(connection, task.form, task.contact_id, given, worker.zone, now)
    complete_task(
        connection,
        task.id,
        outcome,
        notes,
        now,
        answers=answers.given,
        contact_changes=answers.contact_changes,
        undo=undo_time(connection),
        key=key,
    )
    return RedirectResponse(f"{worker.path}?reported={task.id}", 303)


@router.post("/work/{token}/leads/{contact}/task")
def add_task(request: Request, token: str, contact: int, given: GivenAnswers) -> Response:
    """Give themselves a task about them, due when they say. Sent twice it is one task."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        worker = worker_of_link(connection, token)
        if refused := _not_theirs(request, connection, worker, contact):
            return refused
        try:
            task = TaskRequest(
                contact_id=contact,
                kind=given.get("kind", ""),
                assignee=worker.email,
                due_at=typed_moment(given.get("until", ""), given.get("at", ""), worker.zone, now),
                note=validate_text(given.get("note", ""), "The notes", longest=LONGEST_TASK_NOTE),
                by=worker.name,
                key=f"{worker.rep_id}:{_key(given, contact)}",
            )
            start_task(connection, task, now)
        except (UnreadableText, BadTaskRequest) as problem:
            return _page(request, connection, worker, contact, 422, problem=str(problem), given=given, act="task")
    return RedirectResponse(f"{worker.path}/leads/{contact}?saved=task", 303)


@router.post("/work/{token}/leads/{contact}/answers")
def add_answers(request: Request, token: str, contact: int, given: GivenAnswers) -> Response:
    """Save what was found out about them."""
    with engine().begin() as connection:
        worker = worker_of_link(connection, token)
        if refused := _not_theirs(request, connection, worker, contact):
            return refused
        try:
            save_qualification(connection, contact, given, datetime.now(UTC))
        except UnreadableText as problem:
            return _page(request, connection, worker, contact, 422, unsaved=str(problem), given=given)
    return RedirectResponse(f"{worker.path}/leads/{contact}?saved=answers", 303)


def _key(given: Mapping[str, str], contact: int) -> str:
    """Names what was typed into one showing of the page: sent twice it is the same, and other words are another."""
    key = given.get("key", "")[:LONGEST_KEY]
    if not (key and key.isascii() and key.isprintable()):
        return new_key()
    typed = sha256(repr((contact, sorted(given.items()))).encode(errors="replace")).hexdigest()[:32]
    return f"{key}:{typed}"


def _not_theirs(request: Request, connection: Connection, worker: Worker, contact: int) -> Response | None:
    """The page that says whose lead it is; None where it is theirs. Raises 404 when it is gone."""
    lead = connection.execute(LEAD, {"contact": contact}).one_or_none()
    if lead is None:
        raise HTTPException(404, GONE)
    if lead.owner_id == worker.rep_id:
        return None
    return page(request, "work/not_yours.html", status=409, worker=worker, owner=None if worker.partner else lead.owner)


def _page(
    request: Request,
    connection: Connection,
    worker: Worker,
    contact: int,
    status: int = 200,
    *,
    problem: str | None = None,
    unsaved: str | None = None,
    given: Mapping[str, str] | None = None,
    act: str | None = None,
) -> Response:
    """The page of a lead; `act` names the form that could not be taken, `given` what was typed into it."""
    if refused := _not_theirs(request, connection, worker, contact):
        return refused
    now, kept = datetime.now(UTC), given or {}
    lead = connection.execute(LEAD, {"contact": contact}).one()
    tasks = connection.execute(TASKS, {"contact": contact, "rep": worker.rep_id}).all()
    past = past_interactions(connection, [contact], worker.rep_id, at_most=PAST_AT_ONCE, letters=LETTERS)
    call = next(iter(open_call_tasks(connection, contact, worker.rep_id)), None)
    requests = open_requests(connection, [contact]).get(contact, [])
    kinds = current_playbook(connection).tasks.all_kinds
    return page(
        request,
        "work/lead.html",
        status=status,
        worker=worker,
        lead=lead,
        clock=lead_clocks(connection, [contact], now).get(contact),
        tasks=[(task, TaskLink(task.id, worker.rep_id, worker.link_number).token) for task in tasks],
        titles=kind_titles(connection),
        history=past.get(contact, []),
        call=_call_form(connection, worker, call, given) if call else None,
        requests=requests,
        seen_request=max((one.event_id for one in requests), default=0),
        kinds={name: kind.title for name, kind in kinds.items() if kind.by_hand},
        outcomes=CALL_OUTCOMES,
        today=day_of(now, worker.zone),
        tomorrow=day_of(now, worker.zone) + timedelta(days=1),
        form=task_form(connection, (NEXT_TALK,), contact, given),
        qualification=qualification_form(connection, contact, given if unsaved else None, unsaved),
        kept=kept,
        key=kept.get("key") or new_key(),
        problem=problem,
        act=act,
        saved=request.query_params.get("saved"),
        SAVED=SAVED,
        zone=worker.zone,
    )


def _call_form(
    connection: Connection, worker: Worker, task: CallTask, given: Mapping[str, str] | None
) -> dict[str, Any]:
    """The form of the task that asks for a call, which is its report."""
    return {
        "task": task,
        "token": TaskLink(task.id, worker.rep_id, worker.link_number).token,
        "form": task_form(connection, task.form, task.contact_id, given),
    }
