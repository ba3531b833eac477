"""Quick capture: a salesperson adds a lead whom they met. It is theirs, scored, and its journey starts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.access.post_limit import seconds_to_wait
from models.access.work_link import Worker, worker_of_link
from models.contacts.interactions import log_note
from models.database import engine
from models.journeys.start_task import LONGEST_NOTE, TaskRequest, start_task
from models.leads.capture import CaptureResult, capture
from models.leads.reading.lead import Lead
from models.playbook import current_playbook
from models.routing.assignment.owner_change import OwnerChange, change_owners
from models.values.readers.bad_value import BadValue
from models.values.readers.email_address import clean_email
from models.values.readers.person_name import read_full_name
from models.values.readers.phone import read_phones
from models.wording import duration
from web.contacts.qualification import GivenAnswers
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text
from web.tasks.answer import new_key

router = APIRouter()

FORM = "met-in-person"
"""The form that starts the journey of such leads."""
SOURCE = "salesperson"
FIELDS = {"name": 200, "company": 200, "phone": 100, "email": 300, "request": 4_000}
"""Field -> the most characters."""
LABELS = {"name": "The name", "company": "The company", "phone": "The number", "email": "The address"}
LONGEST_KEY = 60

POSTS, PER = 60, timedelta(hours=1)
"""How many leads one person adds at most: nobody tries out whom we know."""
TOO_MANY = "You have added {posts} leads within an hour. Nothing is lost: send this again in {pause}."
MEETING = "{worker} met them and wrote: {words}"

OWNER = text("""
-- Whom nobody may take: customers, and who is being offered or waits for somebody.
SELECT rep.id, rep.name, rep.active, contact.stage = 'customer' OR EXISTS (
           SELECT FROM placement
           WHERE contact_id = contact.id AND closed_at IS NULL AND queued_at < :now) AS kept
FROM contact LEFT JOIN rep ON rep.id = contact.owner_id WHERE contact.id = :contact
""")

MERGED = text("""
SELECT merged_id FROM contact_merge WHERE kept_id = :contact AND merged_at = :now AND separated_at IS NULL
""")

MANAGER = text("""
SELECT coalesce((SELECT manager_email FROM team WHERE id = :team),
                (SELECT document #>> '{company,inbox}' FROM playbook ORDER BY id DESC LIMIT 1))
""")


@dataclass(frozen=True)
class _Taken:
    """Whose the lead is already."""

    owner: str


@dataclass(frozen=True)
class _Known:
    """We know them, and they are nobody's to take."""

    contact: int
    owner: int | None


@router.get("/work/{token}/new-lead")
def show_form(request: Request, token: str) -> Response:
    """The five fields."""
    with engine().connect() as connection:
        return _form(request, worker_of_link(connection, token), {})


@router.post("/work/{token}/new-lead")
def add_lead(request: Request, token: str, given: GivenAnswers) -> Response:
    """Store the lead as theirs, and go to its page. Sent twice it is one; somebody else's lead stays whose it is."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        worker = worker_of_link(connection, token)
        wait = seconds_to_wait(connection, f"new lead {worker.rep_id}", POSTS, PER, now)
    if wait:
        problem = TOO_MANY.format(posts=POSTS, pause=duration(timedelta(seconds=wait)))
        return _form(request, worker, given, 429, problem)
    with engine().begin() as connection:
        worker = worker_of_link(connection, token)
        try:
            lead = _read(connection, worker, given, now)
        except UnreadableText as problem:
            return _form(request, worker, given, 422, str(problem))
        added = _add(connection, worker, lead, now)
    if isinstance(added, _Taken):
        return _form(request, worker, given, 409, taken=added.owner)
    if worker.partner or isinstance(added, _Known):
        return page(request, "work/lead_added.html", worker=worker)
    return RedirectResponse(f"{worker.path}/leads/{added}?saved=lead", 303)


def _add(connection: Connection, worker: Worker, lead: Lead, now: datetime) -> int | _Taken | _Known:
    """The contact; or whose it is, and then nothing is stored; or that it is nobody's to take, and then what was
    written goes to whoever looks after them.
    """
    attempt = connection.begin_nested()
    captured = capture(connection, [lead], now)[0]
    refused = _refused(connection, worker, captured, now)
    if refused is not None:
        attempt.rollback()
        if isinstance(refused, _Known):
            _pass_on(connection, worker, refused, lead, now)
        return refused
    if connection.execute(OWNER, {"contact": captured.contact_id, "now": now}).one().id != worker.rep_id:
        assert worker.rep_id is not None
        reason = f"{worker.name} met them and added them"
        own = OwnerChange(captured.contact_id, worker.rep_id, None, "by hand", reason)
        change_owners(connection, [own], now)
    attempt.commit()
    return captured.contact_id


def _refused(connection: Connection, worker: Worker, captured: CaptureResult, now: datetime) -> _Taken | _Known | None:
    """Why the lead does not become theirs; None where it does, or is theirs already."""
    contact = captured.contact_id
    owner = connection.execute(OWNER, {"contact": contact, "now": now}).one()
    # What was typed may show that two contacts are one person. Whose they are is then for others to say.
    merged = connection.execute(MERGED, {"contact": contact, "now": now}).scalars().all()
    if merged:
        return _Known(contact, owner.id if owner.active else None)
    if captured.is_new_contact or owner.id == worker.rep_id:
        return None
    if worker.partner or owner.kept:
        return _Known(contact, owner.id if owner.active else None)
    return _Taken(owner.name) if owner.active else None


def _pass_on(connection: Connection, worker: Worker, known: _Known, lead: Lead, now: datetime) -> None:
    """A note with what was written, and a task for the owner, else for the manager of whoever wrote it."""
    words = MEETING.format(worker=worker.name, words="; ".join(f"{name}: {said}" for name, said in lead.data.items()))
    key = lead.event_key or f"{SOURCE}:{new_key()}"
    if not log_note(connection, known.contact, words, worker.name, f"{key}:{known.contact}", now, rep_id=worker.rep_id):
        return
    manager = None if known.owner else connection.execute(MANAGER, {"team": worker.team_id}).scalar()
    request = TaskRequest(
        contact_id=known.contact, assignee=manager, note=words[:LONGEST_NOTE], by=worker.name, key=f"met:{key}"
    )
    start_task(connection, request, now)


def _read(connection: Connection, worker: Worker, given: Mapping[str, str], now: datetime) -> Lead:
    """What was typed, as a lead. Raises UnreadableText, in the reader's words."""
    typed = {name: validate_text(given.get(name, ""), "The words", longest=longest) for name, longest in FIELDS.items()}
    country = current_playbook(connection).company.country
    try:
        found: dict[str, Any] = {"email": clean_email(typed["email"]) if typed["email"] else None}
        phone = read_phones(typed["phone"], country)[0] if typed["phone"] else None
        name = read_full_name(typed["name"], country) if typed["name"] else None
    except BadValue as error:
        raise UnreadableText(error.for_people) from None
    if not typed["email"] and phone is None:
        raise UnreadableText("No number and no address was given. Add one of them: nobody is found by a name.")
    fields = {"company": typed["company"] or None, "phone_extension": phone.extension if phone else None}
    if name:
        fields |= {"first_name": name.first, "last_name": name.last}
    # Sent twice from one showing of the form it is one lead; other words are another.
    said = sha256(repr(sorted(typed.items())).encode()).hexdigest()[:32]
    key = given.get("key", "")[:LONGEST_KEY]
    is_key = bool(key) and key.isascii() and key.isprintable()
    lead = Lead(
        source=SOURCE,
        topic=FORM,
        at=now,
        phone=phone.number if phone else None,
        event_key=f"{SOURCE}:{worker.rep_id}:{key}:{said}" if is_key else None,
        fields={field: value for field, value in fields.items() if value},
        data={field: value for field, value in typed.items() if value},
        **found,
    )
    asks = typed["request"] and "request" in current_playbook(connection).fields
    return replace(lead, custom={"request": typed["request"]}) if asks else lead


def _form(
    request: Request,
    worker: Worker,
    given: Mapping[str, str],
    status: int = 200,
    problem: str | None = None,
    taken: str | None = None,
) -> Response:
    return page(
        request,
        "work/new_lead.html",
        status=status,
        worker=worker,
        given={name: given.get(name, "") for name in FIELDS},
        key=given.get("key") or new_key(),
        problem=problem,
        taken=taken,
    )
