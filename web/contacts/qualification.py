"""What people find out about a lead in a call: how likely it buys, the four questions (BANT), and a few fields."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection, select
from sqlmodel import col

from models.access.audit import Change
from models.contacts.set_fields import set_fields
from models.database import lock_contacts
from models.playbook import NoPlaybook, current_playbook
from models.tables.contact import Contact
from models.values.custom_field import CustomField, FieldType, clean
from models.values.readers.bad_value import BadValue
from models.values.readers.count import read_employees
from web.frame.choices import FLAG_TEXT, YES_OR_NO, option_choices
from web.frame.typed_text import UnreadableText, validate_text

LONGEST = 200
LEVELS = {"": "None", "1": "1: least likely to buy", "2": "2", "3": "3: most likely to buy"}
QUESTIONS = {
    "has_budget": "Is there a budget?",
    "has_authority": "May they decide?",
    "has_need": "Do they need it?",
    "has_timeline": "Is there a time by which they want it?",
}
PLAIN_FIELDS = ("mql_level", "job_title", "employees")
INITIAL_PREFIX = "was_"
"""Prefix of hidden inputs with the answers that the form first showed; only changed answers are saved."""


@dataclass(frozen=True)
class Question:
    """One thing to find out, as the form shows it."""

    name: str
    label: str
    initial: str
    value: str
    choices: Mapping[str, str] | None = None
    """Value -> how it reads; null for a box to type in."""

    @property
    def answer(self) -> str | None:
        """What is known, as people read it; None where nothing is."""
        return (self.choices or {}).get(self.initial, self.initial) if self.initial else None


@dataclass(frozen=True)
class QualificationForm:
    """The form about one lead."""

    questions: list[Question]
    level_set_by: str | None
    """Who set the level: rule or person."""
    problem: str | None = None


async def read_answers(request: Request) -> dict[str, str]:
    """What was sent, as it was typed."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


GivenAnswers = Annotated[dict[str, str], Depends(read_answers)]


def qualification_form(
    connection: Connection,
    contact_id: int,
    given: Mapping[str, str] | None = None,
    problem: str | None = None,
    *,
    without: Collection[str] = (),
) -> QualificationForm:
    """The form with what is known of the contact, or with what was typed into it if that could not be saved.

    It leaves out what another part of the page asks `without` it.
    """
    stored = _stored(connection, contact_id)
    fields = _dropdowns(connection)
    known = _initial_answers(stored, fields)
    labels = {"mql_level": "MQL level", **QUESTIONS, "job_title": "Job title", "employees": "Employees"}
    labels |= {name: field.label or name for name, field in fields.items()}
    questions = [
        Question(name, labels[name], was, (given or {}).get(name, was), _choices(name, fields))
        for name, was in known.items()
        if name not in without
    ]
    return QualificationForm(questions, stored["mql_level_by"], problem)


def save_qualification(
    connection: Connection,
    contact_id: int,
    given: Mapping[str, str],
    now: datetime,
    *,
    without: Collection[str] = (),
    by: str | None = None,
) -> bool:
    """Keep what was changed in the form; false, and nothing happens, when that is nothing, or was saved before.

    Raises UnreadableText, in the reader's words, before anything is written; also where somebody else has changed one
    of the answers since the form was shown: the next sending decides.
    """
    lock_contacts(connection, [contact_id])
    values = read_changes(connection, contact_id, given, without=without)
    if meanwhile := _changed_meanwhile(connection, contact_id, given, values):
        raise UnreadableText(f"Somebody has changed this meanwhile: {meanwhile}. Save it again if yours is right.")
    if values:
        set_fields(connection, [contact_id], values, now, by=by)
    return bool(values)


def qualification_changes(before: QualificationForm, after: QualificationForm) -> list[Change]:
    """What the answers were, and what they are now."""
    now = {question.name: question.answer for question in after.questions}
    return [Change(question.label, question.answer, now.get(question.name)) for question in before.questions]


def read_changes(
    connection: Connection, contact_id: int, given: Mapping[str, str], *, without: Collection[str] = ()
) -> dict[str, Any]:
    """What was changed in the form, as it is to be stored. Raises UnreadableText."""
    fields, stored = _dropdowns(connection), _stored(connection, contact_id)
    stored |= {name: stored["custom"].get(name) for name in fields}
    answered = [name for name in (*PLAIN_FIELDS, *QUESTIONS, *fields) if name in given and name not in without]
    changed = [name for name in answered if given[name] != given.get(INITIAL_PREFIX + name, "")]
    values = {name: _read(name, given[name], fields, _country(connection)) for name in changed}
    # Of a dropdown of the playbook's own the answer can be changed, not taken back.
    kept = {name for name, value in values.items() if value == stored[name] or (value is None and name in fields)}
    return {name: value for name, value in values.items() if name not in kept}


def _changed_meanwhile(
    connection: Connection, contact_id: int, given: Mapping[str, str], values: Mapping[str, Any]
) -> str:
    """Which of the answers that are about to be saved are others now than the form showed; empty: none."""
    now = {question.name: question for question in qualification_form(connection, contact_id).questions}
    changed = [one for name in values if given.get(INITIAL_PREFIX + name, (one := now[name]).initial) != one.initial]
    return ", ".join(f"{one.label} is “{one.initial or 'not known'}” now" for one in changed)


def _stored(connection: Connection, contact_id: int) -> dict[str, Any]:
    columns = (*PLAIN_FIELDS, *QUESTIONS, "mql_level_by", "custom")
    wanted = select(*(col(getattr(Contact, name)) for name in columns)).where(col(Contact.id) == contact_id)
    return dict(connection.execute(wanted).mappings().one())


def _country(connection: Connection) -> str:
    """Where the company's people write numbers."""
    try:
        return current_playbook(connection).company.country
    except NoPlaybook:
        return "US"


def _dropdowns(connection: Connection) -> dict[str, CustomField]:
    """The playbook's own fields that are chosen, not typed."""
    try:
        fields = current_playbook(connection).fields
    except NoPlaybook:
        return {}
    return {name: field for name, field in fields.items() if field.type is FieldType.DROPDOWN}


def _initial_answers(stored: Mapping[str, Any], fields: Mapping[str, CustomField]) -> dict[str, str]:
    """Question -> the answer that is known, as the form writes it."""
    own = {name: "" if stored[name] is None else str(stored[name]) for name in PLAIN_FIELDS}
    answers = {name: FLAG_TEXT[stored[name]] for name in QUESTIONS}
    custom = {name: str(stored["custom"].get(name) or "") for name in fields}
    return {"mql_level": own.pop("mql_level"), **answers, **own, **custom}


def _choices(name: str, fields: Mapping[str, CustomField]) -> Mapping[str, str] | None:
    if name in fields:
        return option_choices(fields[name])
    return LEVELS if name == "mql_level" else YES_OR_NO if name in QUESTIONS else None


def _read(name: str, given: str, fields: Mapping[str, CustomField], country: str) -> Any:
    """The value to store; null when the answer was taken back."""
    text = validate_text(given, "The answers", longest=LONGEST)
    choices = _choices(name, fields)
    if choices and text not in choices:
        raise UnreadableText(f"'{text}' is none of the answers: choose one of {', '.join(filter(None, choices))}.")
    if not text:
        return None
    if name == "employees":
        return _employees(text, country)
    if name == "mql_level":
        return int(text)
    return (
        text == "yes" if name in QUESTIONS else clean(fields[name], text, country=country) if name in fields else text
    )


def _employees(text: str, country: str) -> int:
    try:
        return read_employees(text, country)
    except BadValue as error:
        raise UnreadableText(f"Employees: {error.for_people}") from None
