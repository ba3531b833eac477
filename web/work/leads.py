"""A salesperson's own leads: found by name, and what can be logged about one without a task."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.access.work_link import TaskLink, Worker, worker_of_link
from models.contacts.interactions import CALL_OUTCOMES, LoggedCall, log_call, log_note
from models.contacts.set_fields import set_fields
from models.database import engine
from models.display_name import DISPLAY_NAME, PHONE_TO_DIAL
from models.tasks.open_tasks import IS_OPEN
from web.contacts.qualification import GivenAnswers, qualification_form, save_qualification
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text
from web.tasks.answer import new_key
from web.tasks.briefing import kind_titles
from web.tasks.lead_clock import lead_clock
from web.tasks.task_form import read_form, task_form
from web.tasks.task_page import PastInteraction
from web.work.beside import LEADS_AT_ONCE, own_leads
from web.work.cards import HISTORY

router = APIRouter()

LONGEST_NOTES = 10_000
LONGEST_KEY = 60
NEXT_TALK = ("next_check_in",)
"""The field of the playbook that is asked for with a call."""
GONE = "This lead is no longer there: they have been erased. There is nothing left to do."

LEAD = text(f"""
SELECT contact.id, {DISPLAY_NAME} AS who, contact.company, contact.job_title, contact.email, {PHONE_TO_DIAL} AS phone,
       contact.mobile_phone, contact.preferred_time, contact.time_zone, contact.stage, contact.score, contact.owner_id,
       rep.name AS owner
FROM contact LEFT JOIN rep ON rep.id = contact.owner_id WHERE contact.id = :contact
""")

TASKS = text(f"""
SELECT task.id, task.name, task.kind, task.due_at FROM task
WHERE task.contact_id = :contact AND task.rep_id = :rep AND {IS_OPEN} ORDER BY task.due_at, task.id
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
            return _page(request, connection, worker, contact, 422, problem=str(problem), given=given)
        log_note(connection, contact, words, worker.name, _key(given, contact), datetime.now(UTC))
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
            changes = read_form(connection, NEXT_TALK, contact, given, now).contact_changes
        except UnreadableText as problem:
            return _page(request, connection, worker, contact, 422, problem=str(problem), given=given)
        call = LoggedCall(outcome=outcome, notes=notes, by=worker.name)
        if log_call(connection, contact, call, _key(given, contact), now) and changes:
            set_fields(connection, [contact], changes, now)
    return RedirectResponse(f"{worker.path}/leads/{contact}?saved=call", 303)


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
) -> Response:
    if refused := _not_theirs(request, connection, worker, contact):
        return refused
    now, kept = datetime.now(UTC), given or {}
    lead = connection.execute(LEAD, {"contact": contact}).one()
    tasks = connection.execute(TASKS, {"contact": contact, "rep": worker.rep_id}).all()
    history = connection.execute(HISTORY, {"contacts": f"{{{contact}}}"}).all()
    return page(
        request,
        "work/lead.html",
        status=status,
        worker=worker,
        lead=lead,
        clock=lead_clock(lead.time_zone, now),
        tasks=[(task, TaskLink(task.id, worker.rep_id, worker.link_number).token) for task in tasks],
        titles=kind_titles(connection),
        history=[PastInteraction(*row[1:]) for row in history],
        outcomes=CALL_OUTCOMES,
        form=task_form(connection, NEXT_TALK, contact, given),
        qualification=qualification_form(connection, contact, given if unsaved else None, unsaved),
        kept=kept,
        key=kept.get("key") or new_key(),
        problem=problem,
        saved=request.query_params.get("saved"),
        zone=worker.zone,
    )
