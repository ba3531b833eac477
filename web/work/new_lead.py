"""Quick capture: a salesperson adds a lead whom they met. It is theirs, scored, and its journey starts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.access.work_link import Worker, worker_of_link
from models.database import engine
from models.leads.capture import capture
from models.leads.reading.lead import Lead
from models.playbook import current_playbook
from models.routing.assignment.owner_change import OwnerChange, change_owners
from models.values.readers.bad_value import BadValue
from models.values.readers.email_address import clean_email
from models.values.readers.person_name import read_full_name
from models.values.readers.phone import read_phones
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

OWNER = text("""
SELECT rep.id, rep.name, rep.active FROM contact LEFT JOIN rep ON rep.id = contact.owner_id WHERE contact.id = :contact
""")


@dataclass(frozen=True)
class _Taken:
    """Whose the lead is already."""

    owner: str


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
        try:
            lead = _read(connection, given, now)
        except UnreadableText as problem:
            return _form(request, worker, given, 422, str(problem))
        added = _add(connection, worker, lead, now)
    if isinstance(added, _Taken):
        return _form(request, worker, given, 409, taken=added.owner)
    return RedirectResponse(f"{worker.path}/leads/{added}", 303)


def _add(connection: Connection, worker: Worker, lead: Lead, now: datetime) -> int | _Taken:
    """The contact, or whose it is: then nothing is stored."""
    attempt = connection.begin_nested()
    contact = capture(connection, [lead], now)[0].contact_id
    owner = connection.execute(OWNER, {"contact": contact}).one()
    if owner.active and owner.id != worker.rep_id:
        attempt.rollback()
        return _Taken(owner.name)
    if owner.id != worker.rep_id:
        assert worker.rep_id is not None
        own = OwnerChange(contact, worker.rep_id, None, "by hand", f"{worker.name} met them and added them")
        change_owners(connection, [own], now)
    attempt.commit()
    return contact


def _read(connection: Connection, given: Mapping[str, str], now: datetime) -> Lead:
    """What was typed, as a lead. Raises UnreadableText, in the reader's words."""
    typed = {name: validate_text(given.get(name, ""), "The words", longest=longest) for name, longest in FIELDS.items()}
    country = current_playbook(connection).company.country
    try:
        found: dict[str, Any] = {"email": clean_email(typed["email"]) if typed["email"] else None}
        phone = read_phones(typed["phone"], country)[0] if typed["phone"] else None
        name = read_full_name(typed["name"], country) if typed["name"] else None
    except BadValue as error:
        raise UnreadableText(f"{error}.") from None
    if not typed["email"] and phone is None:
        raise UnreadableText("No number and no address was given. Add one of them: nobody is found by a name.")
    fields = {"company": typed["company"] or None, "phone_extension": phone.extension if phone else None}
    if name:
        fields |= {"first_name": name.first, "last_name": name.last}
    key = given.get("key", "")[:LONGEST_KEY]
    lead = Lead(
        source=SOURCE,
        topic=FORM,
        at=now,
        phone=phone.number if phone else None,
        event_key=f"{SOURCE}:{key}" if key.isascii() and key.isprintable() and key else None,
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
