"""What each form of a contact's page does, through the writer of that truth; what cannot be is UnreadableText."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.access.audit import Change
from models.access.ops_names import name_in_mail
from models.contacts import interactions
from models.contacts.set_fields import InvalidField, set_fields
from models.database import lock_contacts
from models.journeys.start_task import BadTaskRequest, TaskRequest, start_task
from models.routing.lead_selection import BadReassignment, find_rep
from models.routing.new_owners import Handover
from models.routing.reassign import reassign
from models.tables.contact import STAGES, Stage
from models.titles import in_words
from web.contacts.acts.act import LONGEST_NOTE, Act, Changed
from web.contacts.acts.calls import log_call
from web.contacts.acts.forms import STAGE_TITLES, declared_fields, field_texts, read_field
from web.contacts.acts.journeys import end_journey, start_journey
from web.contacts.acts.orders import add_order, refund_order
from web.frame.moments import company_clock
from web.frame.typed_text import UnreadableText, typed_moment

STAGE = text("SELECT stage FROM contact WHERE id = :id")
OWNER = text("""
SELECT contact.owner_id, rep.name FROM contact LEFT JOIN rep ON rep.id = contact.owner_id WHERE contact.id = :id
""")


def add_note(act: Act) -> bool:
    """Write a note on the timeline; nothing reacts to it."""
    words = act.typed("text", "The notes", LONGEST_NOTE)
    if not words:
        raise UnreadableText("The note is empty. Write what a colleague should know.")
    return interactions.log_note(act.connection, act.contact_id, words, act.by, act.key("note"), act.now)


def give_task(act: Act) -> bool:
    """Ask somebody for a task about the contact."""
    request = TaskRequest(
        contact_id=act.contact_id,
        kind=act.given.get("kind", ""),
        assignee=act.given.get("assignee") or None,
        due_at=_due(act),
        note=act.typed("note", "The notes", 4_000),
        by=act.by,
        key=act.key("task"),
    )
    try:
        return start_task(act.connection, request, act.now)
    except BadTaskRequest as error:
        raise UnreadableText(str(error)) from None


def _due(act: Act) -> datetime | None:
    """The moment that was chosen; None where the kind of the task says when it is due."""
    day, at = act.given.get("due_day", "").strip(), act.given.get("due_at", "").strip()
    return typed_moment(day, at, company_clock().key, act.now) if day or at else None


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
        name: read_field(fields[name], name, typed, country, act.now)
        for name, typed in edited.items()
        if typed != now[name]
    }
    if "phone" in values:
        number, _, extension = (values["phone"] or "").partition(";ext=")
        values |= {"phone": number or None, "phone_extension": extension or None}
    if not _set(act, values, {name: now.get(name, "") for name in values if name != "phone_extension"}):
        return False
    after = field_texts(act.connection, act.playbook, act.contact_id)
    act.changes.extend(
        Change(fields[name].label or in_words(name), now[name] or None, after[name] or None)
        for name in values
        if name in fields
    )
    return True


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
    act.changes.append(Change("stage", STAGE_TITLES[Stage(before)], STAGE_TITLES[Stage(wanted)]))
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
    if done.assigned:
        act.changes.append(Change("owner", *done.owners))
    elif done.pending:
        act.changes.append(Change("owner", owner.name, "whoever takes them"))
    return bool(done.assigned or done.pending)


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
