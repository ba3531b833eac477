"""Setting a field of contacts to one value."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from models.bulk_actions.kinds import BadChoice, Choices, Doing, Remark
from models.contacts.set_fields import InvalidField, set_fields
from models.database import lock_contacts
from models.events.emit import NewEvent, emit
from models.playbook import Playbook, current_playbook
from models.playbook.source import CONTACT_FIELDS
from models.tables.contact import RANK, STAGES, Contact
from models.titles import in_words
from models.values.custom_field import CustomField, FieldType, clean
from models.values.readers.bad_value import BadValue

FIELDS = ("stage", "source", "company", "job_title", "industry", "city", "state", "postal_code", "country", "product")
"""Columns that many contacts can share a value of; addresses and numbers are a person's own."""
LONGEST_VALUE = 2_000


class SetField:
    """Set a field, or empty it; what is there already stays, and stages never fall."""

    def read(self, connection: Connection, given: Choices) -> dict[str, str]:
        playbook, typed = current_playbook(connection), given.get("value", "").strip()
        named = given.get("field", "").strip()
        name = next((name for name, label in settable(playbook).items() if named in (name, label)), named)
        _value(playbook, name, typed)
        return {"field": name, "value": typed}

    def sentence(self, connection: Connection, choices: Choices) -> str:
        label = settable(current_playbook(connection))[choices["field"]]
        if choices["field"] == "stage":
            return f"are raised to the stage {choices['value'].upper()}; who is further stays there"
        return f"get “{choices['value']}” as their {label}" if choices["value"] else f"have their {label} emptied"

    def remarks(self, connection: Connection, choices: Choices) -> list[Remark]:
        playbook = current_playbook(connection)
        name, value = choices["field"], _value(playbook, choices["field"], choices["value"])
        if name == "stage":
            return [Remark(~_is_different(name, value), "is as far already", "are as far already")]
        known = _stored(name).is_not(None) & (_as_text(name) != "") & _is_different(name, value)
        return [
            Remark(~_is_different(name, value), "has it already", "have it already"),
            Remark(
                known,
                "has something else there now, which is replaced",
                "have something else there now, which is replaced",
            ),
        ]

    def perform(self, connection: Connection, doing: Doing) -> int:
        name = doing.choices["field"]
        value = _value(current_playbook(connection), name, doing.choices["value"])
        lock_contacts(connection, doing.contacts)
        wanted = select(col(Contact.id), _stored(name)).where(col(Contact.id).in_(doing.contacts))
        before = dict(connection.execute(wanted.where(_is_different(name, value))).tuples().all())
        if not before:
            return 0
        try:
            set_fields(connection, sorted(before), {name: value}, doing.now, by=doing.by)
        except InvalidField as error:
            raise BadChoice(str(error)) from None
        emit(
            connection, [_event(contact, name, before[contact], value, doing) for contact in sorted(before)], doing.now
        )
        return len(before)


def settable(playbook: Playbook) -> Mapping[str, str]:
    """Fields that can be set for many -> what each is called in a sentence."""
    own = {name: in_words(name).lower() for name in FIELDS if name not in playbook.fields}
    return own | {name: field.label or in_words(name).lower() for name, field in playbook.fields.items()}


def _value(playbook: Playbook, name: str, typed: str) -> Any:
    """What is stored; None for nothing. Raises BadChoice."""
    if name not in settable(playbook):
        raise BadChoice("This field cannot be set for many (any more). Choose one of the list.")
    if name == "stage":
        if typed not in {str(stage) for stage in STAGES}:
            raise BadChoice(f"{typed!r} is no stage. There are: {', '.join(STAGES)}.")
        return typed
    if len(typed) > LONGEST_VALUE:
        raise BadChoice(f"The value is longer than {LONGEST_VALUE:,} characters.")
    if not typed:
        return None
    declared = playbook.fields.get(name) or CONTACT_FIELDS.get(name, CustomField(type=FieldType.TEXT))
    try:
        return clean(declared, typed, country=playbook.company.country)
    except (BadValue, ValueError) as error:
        raise BadChoice(f"{declared.label or in_words(name)}: {error}") from None


def _is_column(name: str) -> bool:
    return name in Contact.model_fields


def _stored(name: str) -> Any:
    return col(getattr(Contact, name)) if _is_column(name) else col(Contact.custom)[name]


def _as_text(name: str) -> Any:
    return col(getattr(Contact, name)) if _is_column(name) else col(Contact.custom)[name].astext


def _is_different(name: str, value: Any) -> ColumnElement[bool]:
    if name == "stage":
        return STAGES.index(value) > RANK
    if _is_column(name):
        return col(getattr(Contact, name)).is_distinct_from(value)
    if value is None:
        return _as_text(name).is_not(None)
    return _stored(name).is_distinct_from(literal(value, JSONB))


def _event(contact: int, name: str, before: Any, after: Any, doing: Doing) -> NewEvent:
    """As that of the form on the contact's page."""
    return NewEvent(
        name="details_changed",
        contact_id=contact,
        source="ops",
        key=f"{doing.key}:{contact}",
        data={"by": doing.by, "before": {name: before}, "after": {name: after}},
    )
