"""What each form of a contact's page does, through the writer of that truth; what cannot be is UnreadableText."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from models.access.ops_names import name_in_mail
from models.contacts import interactions
from models.contacts.set_fields import InvalidField, set_fields
from models.database import lock_contacts
from models.events.emit import NewEvent, emit
from models.journeys.runs import end_runs, start_runs
from models.journeys.start_task import BadTaskRequest, TaskRequest, start_task
from models.orders.read_order import ORDER_PLACED, ORDER_REFUNDED, read_order
from models.playbook import Playbook
from models.routing.lead_selection import BadReassignment, find_rep
from models.routing.new_owners import Handover
from models.routing.reassign import reassign
from models.tables.contact import STAGES, Stage
from models.titles import title_of_journey
from models.titles.journeys import journey_outlines
from web.contacts.acts.forms import STAGE_TITLES, declared_fields, field_texts, read_field
from web.frame.typed_text import UnreadableText, validate_text

SOURCE = "ops"
LONGEST_NOTE = 10_000

STAGE = text("SELECT stage FROM contact WHERE id = :id")
OWNER = text("""
SELECT contact.owner_id, rep.name FROM contact LEFT JOIN rep ON rep.id = contact.owner_id WHERE contact.id = :id
""")
ORDER = text('SELECT reference, currency FROM "order" WHERE id = :order AND contact_id = :contact')
TOLD = text("SELECT EXISTS (SELECT FROM event WHERE key = :key)")
OPEN_RUN = text("SELECT id, journey FROM journey_run WHERE id = :run AND contact_id = :contact AND ended_at IS NULL")


class Changed(UnreadableText):
    """Somebody changed the same meanwhile; the form shows what, and its next sending decides."""


class Act(NamedTuple):
    """One sending of a form."""

    connection: Connection
    playbook: Playbook
    contact_id: int
    given: Mapping[str, str]
    by: str
    now: datetime

    def typed(self, name: str, what: str, longest: int = 200) -> str:
        """What was typed into a field of the form. Raises UnreadableText when it cannot be stored."""
        return validate_text(self.given.get(name, ""), what, longest=longest)

    def key(self, act: str) -> str:
        """Names this one sending: the same words from the same showing of the page are sent twice."""
        sent = sha256(repr(sorted(self.given.items())).encode(errors="replace")).hexdigest()[:32]
        return f"{SOURCE}:{act}:{self.contact_id}:{sent}"

    def tell(self, name: str, act: str, data: Mapping[str, Any], topic: str | None = None) -> bool:
        """Emit an event that says who did it; false when this sending was told before."""
        event = NewEvent(
            name=name,
            topic=topic,
            contact_id=self.contact_id,
            source=SOURCE,
            key=self.key(act),
            data={"by": self.by, **data},
        )
        return emit(self.connection, [event], self.now) != [None]


def add_note(act: Act) -> bool:
    """Write a note on the timeline; nothing reacts to it."""
    words = act.typed("text", "The notes", LONGEST_NOTE)
    if not words:
        raise UnreadableText("The note is empty. Write what a colleague should know.")
    return interactions.log_note(act.connection, act.contact_id, words, act.by, act.key("note"), act.now)


def log_call(act: Act) -> bool:
    """Log a talk, which answers a request, or a try; both count as a contact with the lead."""
    words, spoke = act.typed("text", "The notes", LONGEST_NOTE), act.given.get("reached") == "yes"
    outcome = interactions.TALKED if spoke else interactions.NOT_REACHED
    call = interactions.LoggedCall(outcome=outcome, notes=words, by=act.by)
    return interactions.log_call(act.connection, act.contact_id, call, act.key("call"), act.now)


def give_task(act: Act) -> bool:
    """Ask somebody for a task about the contact."""
    request = TaskRequest(
        contact_id=act.contact_id,
        kind=act.given.get("kind", ""),
        assignee=act.given.get("assignee") or None,
        note=act.typed("note", "The notes", 4_000),
        by=act.by,
        key=act.key("task"),
    )
    try:
        return start_task(act.connection, request, act.now)
    except BadTaskRequest as error:
        raise UnreadableText(str(error)) from None


def change_fields(act: Act) -> bool:
    """Set what was changed in the form. Raises Changed when a colleague changed the same since the page was shown."""
    lock_contacts(act.connection, [act.contact_id])
    fields, now = declared_fields(act.playbook), field_texts(act.connection, act.playbook, act.contact_id)
    sent = [name for name in fields if name in act.given]
    edited = {name: act.given[name] for name in sent if act.given[name] != act.given.get(f"was_{name}", "")}
    meanwhile = [name for name in edited if act.given.get(f"was_{name}", "") != now[name] != edited[name]]
    if meanwhile:
        raise Changed("Somebody changed the same meanwhile: see below what stands there now, then save what is right.")
    country = act.playbook.company.country
    values = {
        name: read_field(fields[name], name, typed, country) for name, typed in edited.items() if typed != now[name]
    }
    if "phone" in values:
        number, _, extension = (values["phone"] or "").partition(";ext=")
        values |= {"phone": number or None, "phone_extension": extension or None}
    return _set(act, values, {name: now.get(name, "") for name in values if name != "phone_extension"})


def set_stage(act: Act) -> bool:
    """Raise the stage; stages never fall."""
    lock_contacts(act.connection, [act.contact_id])
    wanted, before = act.given.get("stage", ""), act.connection.execute(STAGE, {"id": act.contact_id}).scalar_one()
    if wanted not in {stage.value for stage in STAGES}:
        raise UnreadableText(f"'{wanted}' is no stage. Choose one of the list.")
    if STAGES.index(Stage(wanted)) < STAGES.index(Stage(before)):
        raise UnreadableText("A stage never falls: what somebody has reached stays reached. Nothing was changed.")
    if wanted == before:
        return False
    if act.given.get("was_stage", before) != before:
        raise Changed(f"The stage is “{STAGE_TITLES[Stage(before)]}” by now. Nothing was changed: choose again.")
    return _set(act, {"stage": wanted}, {"stage": before})


def _set(act: Act, values: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    if not values:
        return False
    try:
        with act.connection.begin_nested():
            set_fields(act.connection, [act.contact_id], values, act.now, by=act.by)
    except InvalidField as error:
        raise UnreadableText(str(error)) from None
    except IntegrityError:
        raise UnreadableText(
            "Another contact has this email already, so nothing was changed. If they are one person, merge them."
        ) from None
    after = {name: values[name] for name in before}
    act.tell("details_changed", "fields", {"before": dict(before), "after": after})
    return True


def set_owner(act: Act) -> bool:
    """Give the contact to a salesperson, with the open tasks; without one, to whom routing chooses.

    Raises Changed where it has another owner than the page showed, so that of two at once, or of a form that is sent
    twice, the second moves nothing.
    """
    reason = act.typed("reason", "The reasons", 1_000)
    lock_contacts(act.connection, [act.contact_id])
    owner = act.connection.execute(OWNER, {"id": act.contact_id}).one()
    present = "" if owner.owner_id is None else str(owner.owner_id)
    try:
        rep = find_rep(act.connection, act.given["rep"]) if act.given.get("rep") else None
        if rep is not None and rep.id == owner.owner_id:
            return False
        if act.given.get("was_owner", present) != present:
            raise Changed(f"Their owner is {owner.name or 'nobody'} by now. Nothing was changed by this: choose again.")
        mailed = Handover(by=name_in_mail(act.by), reason=reason)
        done = reassign(act.connection, [act.contact_id], rep, by=act.by, reason=reason, now=act.now, mailed=mailed)
    except BadReassignment as error:
        raise UnreadableText(str(error)) from None
    return bool(done.assigned or done.pending)


def start_journey(act: Act) -> bool:
    """Put the contact on a journey. Raises UnreadableText when they are on it, or took it and it is taken once."""
    outline = journey_outlines().get(act.given.get("journey", ""))
    if outline is None:
        raise UnreadableText("There is no such journey (any more). Choose one of the list.")
    key = "once" if outline.reentry == "never" else act.key("journey")
    start = [(act.contact_id, key)]
    if start_runs(act.connection, outline.name, start, exclusive=outline.exclusive, now=act.now):
        return act.tell("journey_started", "journey", {"journey": outline.title})
    if not act.connection.execute(TOLD, {"key": act.key("journey")}).scalar_one():
        raise UnreadableText(f"They are on “{outline.title}” already, or took it once and it is taken once only.")
    return False


def end_journey(act: Act) -> bool:
    """End an open run of the contact and close its task; one that ended meanwhile stays as it is."""
    run = act.given.get("run", "")
    values = {"run": int(run) if run.isdecimal() and len(run) < 19 else 0, "contact": act.contact_id}
    found = act.connection.execute(OPEN_RUN, values).one_or_none()
    if found is None:
        return False
    ending = act.typed("ending", "The words for the ending", 100) or "ended by hand"
    ended = end_runs(act.connection, [found.id], ending, act.now)
    if ended:
        act.tell("journey_ended", f"journey-end:{found.id}", {"journey": title_of_journey(found.journey), "as": ending})
    return bool(ended)


def add_order(act: Act) -> bool:
    """Record an order that no shop has told of; what follows from orders follows from it."""
    product = act.given.get("product", "")
    sent = {name: act.typed(name, "The fields") for name in ("amount", "currency", "reference")}
    return _tell_order(act, ORDER_PLACED, product or None, {name: value for name, value in sent.items() if value})


def refund_order(act: Act) -> bool:
    """Record that an order was paid back, wholly or in part."""
    number = act.given.get("order", "")
    values = {"order": int(number) if number.isdecimal() and len(number) < 19 else 0, "contact": act.contact_id}
    order = act.connection.execute(ORDER, values).one_or_none()
    if order is None:
        raise UnreadableText("There is no such order of this contact. Choose one of the list.")
    amount = act.typed("amount", "The fields")
    data = {"reference": order.reference, "currency": order.currency, "amount": amount}
    return _tell_order(act, ORDER_REFUNDED, None, {name: value for name, value in data.items() if value})


def _tell_order(act: Act, name: str, topic: str | None, data: Mapping[str, Any]) -> bool:
    problems: list[str] = []

    def note(part: str, found: str, expected: str) -> None:
        problems.append(f"{part.capitalize()}: found {found}, expected {expected}.")

    read = read_order(name, topic, data, act.playbook, act.playbook.company.country, note)
    if problems:
        raise UnreadableText(" ".join(problems))
    return act.tell(read.name, "order", read.data, topic)


ACTS: Mapping[str, tuple[Callable[[Act], bool], str]] = {
    "note": (add_note, "wrote a note"),
    "call": (log_call, "logged a call"),
    "task": (give_task, "gave a task"),
    "fields": (change_fields, "changed fields"),
    "stage": (set_stage, "set the stage"),
    "owner": (set_owner, "changed the owner"),
    "journey": (start_journey, "started a journey"),
    "end-journey": (end_journey, "ended a journey"),
    "order": (add_order, "recorded an order"),
    "refund": (refund_order, "recorded a refund"),
}
"""Last part of the form's address -> what it does, and how the audit calls it.

Each gives whether something was done: nothing is done by what was sent before.
"""
