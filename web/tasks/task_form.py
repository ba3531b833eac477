"""The fields that a task asks for beside its outcome: as its page shows them, and as they come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from models.playbook import NoPlaybook, Playbook, current_playbook
from models.tables.contact import Contact
from models.tasks.form import changed_answers, form_fields, is_about_one_conversation, is_ahead, read_answer
from models.values.custom_field import CustomField, FieldType
from models.values.readers.bad_value import BadValue
from models.values.readers.text import LONGEST_TEXT
from models.wording import day_of
from web.frame.choices import FLAG_TEXT, YES_OR_NO, option_choices
from web.frame.typed_text import UnreadableText, validate_text

INPUTS = {
    FieldType.DATE: "date",
    FieldType.EMAIL: "email",
    FieldType.PHONE: "tel",
    FieldType.SMS_NUMBER: "tel",
}
"""Kind of field -> what a browser offers to type it; all others are plain text."""


@dataclass(frozen=True)
class TaskField:
    """One field as the page shows it."""

    name: str
    label: str
    about: str | None
    given: str
    """What is known or was typed."""
    kind: str
    choices: Mapping[str, str] | None = None
    """Value -> how it reads; null for a box to type in."""
    is_ahead: bool = False
    """A day that is still to come."""


@dataclass(frozen=True)
class FormAnswers:
    """What was filled in."""

    given: dict[str, Any]
    """By field, all that was not left empty: it stays with the task."""
    contact_changes: dict[str, Any]
    """The part of it that the contact did not have so."""


def task_form(
    connection: Connection, form: Sequence[str], contact_id: int, given: Mapping[str, str] | None = None
) -> list[TaskField]:
    """The fields with what was typed, else with what is known of the contact. Fields about one conversation begin
    empty."""
    fields = _fields(connection, form)
    stored = _known_values(connection, contact_id, fields)
    return [_task_field(name, field, stored.get(name), given) for name, field in fields.items()]


def read_form(
    connection: Connection, form: Sequence[str], contact_id: int, given: Mapping[str, str], zone: str, now: datetime
) -> FormAnswers:
    """What was filled in, by the clock of whoever did it. An empty field says nothing. Raises UnreadableText, in the
    reader's words."""
    fields = _fields(connection, form)
    answers = {}
    for name, field in fields.items():
        label = field.label or name
        text = validate_text(given.get(name, ""), f"The words under “{label}”", longest=LONGEST_TEXT)
        if text:
            answers[name] = _read(name, field, text, current_playbook(connection), zone, now)
    return FormAnswers(answers, changed_answers(answers, _known_values(connection, contact_id, fields)))


def _read(name: str, field: CustomField, text: str, playbook: Playbook, zone: str, now: datetime) -> Any:
    try:
        return read_answer(name, field, text, playbook, day_of(now, zone), now)
    except BadValue as error:
        raise UnreadableText(f"{field.label or name}: {error.for_people}") from None


def _fields(connection: Connection, form: Sequence[str]) -> dict[str, CustomField]:
    if not form:
        return {}
    try:
        return form_fields(form, current_playbook(connection))
    except NoPlaybook:
        return {}


def _known_values(connection: Connection, contact_id: int, fields: Mapping[str, CustomField]) -> dict[str, Any]:
    """What is known of the contact, custom fields in among the columns."""
    columns = [col(getattr(Contact, name)) for name in fields if name in Contact.model_fields]
    wanted = select(col(Contact.custom), *columns).where(col(Contact.id) == contact_id)
    row = dict(connection.execute(wanted).mappings().one())
    return row.pop("custom") | row


def _task_field(name: str, field: CustomField, stored: Any, given: Mapping[str, str] | None) -> TaskField:
    known = "" if is_about_one_conversation(field) else as_typed(stored)
    kind = "long" if field.long else INPUTS.get(field.type, "text")
    typed, ahead = (given or {}).get(name, known), is_ahead(name, field)
    return TaskField(name, field.label or name, field.about, typed, kind, _choices(field), ahead)


def _choices(field: CustomField) -> Mapping[str, str] | None:
    if field.type is FieldType.CHECKBOX:
        return YES_OR_NO
    if field.type is FieldType.DROPDOWN:
        return option_choices(field)
    return None


def as_typed(stored: Any) -> str:
    """A stored value as a form writes it."""
    if stored is None:
        return ""
    if isinstance(stored, list):
        return ", ".join(stored)
    return FLAG_TEXT[stored] if isinstance(stored, bool) else str(stored)
