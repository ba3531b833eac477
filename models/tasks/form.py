"""The fields that a task asks to be filled in: which there can be, and reading what was given. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from models.playbook.document import Playbook
from models.playbook.source import CONTACT_FIELDS, IDENTITIES
from models.values.custom_field import CustomField, FieldType, clean
from models.values.furthest_date import FURTHEST_TEXT, is_too_far
from models.values.readers.bad_value import BadValue
from models.values.readers.count import read_employees
from models.wording import did_you_mean, full_date

COORDINATES = ("latitude", "longitude")
EMPLOYEES = CustomField(type=FieldType.NUMBER, label="Employees")

NEXT_TALK = "next_check_in"
"""The field for the day of the next talk, as Tend's own journeys call it; it is ahead in older playbooks as well."""

FORM_COLUMNS = {name: field for name, field in CONTACT_FIELDS.items() if name not in (*IDENTITIES, *COORDINATES)} | {
    "employees": EMPLOYEES
}
"""Columns of a contact that a task may ask for: neither those that identify a contact nor those that are looked up."""


def form_fields(form: Iterable[str], playbook: Playbook) -> dict[str, CustomField]:
    """The fields of a form by name, without those that the playbook no longer declares."""
    known = FORM_COLUMNS | playbook.fields
    return {name: known[name] for name in form if name in known}


def unknown_fields(form: Iterable[str], playbook: Playbook) -> str | None:
    """The sentence about names that no field has; None when all are there."""
    known = FORM_COLUMNS | playbook.fields
    unknown = [name for name in form if name not in known]
    if not unknown:
        return None
    return (
        f"The form asks for {', '.join(unknown)}, and contacts have no such field to fill in."
        f"{did_you_mean(unknown[0], known)} Declare it in the playbook under `fields`, or take one of "
        f"{', '.join(sorted(known))}."
    )


def is_about_one_conversation(field: CustomField) -> bool:
    """What is said in long texts and dates belongs to one talk, so a form about the next one begins without it."""
    return field.long or field.type is FieldType.DATE


def is_ahead(name: str, field: CustomField) -> bool:
    """Whether a field holds a day that is still to come."""
    return field.type is FieldType.DATE and (field.ahead or name == NEXT_TALK)


def read_answer(name: str, field: CustomField, given: str, playbook: Playbook, today: date, now: datetime) -> Any:
    """The value to store for what was typed. Raises BadValue.

    `today` is that of whoever typed it.
    """
    if field is EMPLOYEES:
        return read_employees(given, playbook.company.country)
    value = clean(field, given, country=playbook.company.country)
    check_day(name, field, given, value, today, now)
    return value


def check_day(name: str, field: CustomField, given: str, value: Any, today: date, now: datetime) -> None:
    """Raise BadValue for a date too far ahead, as the contact would wait for it and be forgotten, and for a day that is
    over where one that is still to come is asked for."""
    if field.type is not FieldType.DATE:
        return
    day = date.fromisoformat(value)
    if is_too_far(day, now):
        raise BadValue(given, f"a date within the next {FURTHEST_TEXT}")
    if is_ahead(name, field) and day <= today:
        raise BadValue(full_date(day), "a day from tomorrow on")


def changed_answers(answers: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that say something else than what is known of the contact."""
    return {name: value for name, value in answers.items() if stored.get(name) != value}
