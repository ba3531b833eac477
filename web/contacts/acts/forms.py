"""The forms of a contact's page: what they offer to choose from, and the fields that can be changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select, text
from sqlmodel import col

from models.playbook import Playbook
from models.playbook.source import CONTACT_FIELDS
from models.tables.contact import STAGES, Contact, Stage
from models.tasks.call_tasks import CallTask, open_call_tasks
from models.tasks.form import check_day
from models.titles import in_words
from models.values.custom_field import CustomField, FieldType, clean
from models.values.readers.bad_value import BadValue
from models.wording import day_of
from web.contacts.acts.journeys import JourneyChoice, journey_choices
from web.frame.choices import FLAG_TEXT, YES_OR_NO, option_choices
from web.frame.moments import company_clock
from web.frame.typed_text import UnreadableText, validate_text

LONGEST_VALUE = 2_000
STANDARD = (
    *("first_name", "last_name", "company", "job_title", "email", "phone", "mobile_phone"),
    *("street", "city", "state", "postal_code", "country", "industry", "employees", "website"),
)
"""Columns of a contact that people change by hand, in the order of the form, where contacts have them."""
STAGE_TITLES = dict(
    zip(
        STAGES,
        ("marketing generated", "marketing qualified", "sales qualified", "sales accepted", "opportunity", "customer"),
        strict=True,
    )
)
INPUT_TYPES = {FieldType.DATE: "date", FieldType.EMAIL: "email", FieldType.PHONE: "tel", FieldType.SMS_NUMBER: "tel"}

CONTACT = text("SELECT stage, owner_id FROM contact WHERE id = :id")
REPS = text("SELECT id, name, email FROM rep WHERE active ORDER BY name, id")
ORDERS = text("""
SELECT o.id, o.reference, o.currency, o.amount - o.refunded AS left_to_refund, o.placed_at,
       coalesce(product.name, 'an order') AS product, o.amount_from
FROM "order" o LEFT JOIN product ON product.id = o.product_id
WHERE o.contact_id = :contact AND o.cancelled_at IS NULL AND o.amount > o.refunded
ORDER BY o.placed_at DESC LIMIT 50
""")


@dataclass(frozen=True)
class EditableField:
    """A field of the contact, as the form shows it."""

    name: str
    label: str
    value: str
    was: str
    """What it was when the page was shown: a change that a colleague makes meanwhile is seen by it."""
    input_type: str = "text"
    choices: Mapping[str, str] | None = None
    meanwhile: str | None = None
    """What a colleague has made of it since the page was shown; None: nothing."""


@dataclass(frozen=True)
class ActForms:
    """What the forms of the page need."""

    once: str
    """Names this showing of the page: a form that is sent twice from it acts once."""
    reps: list[Any]
    stages: Mapping[str, str]
    """Those above theirs: a stage never falls."""
    kinds: Mapping[str, str]
    """Those that people give each other."""
    kind_titles: Mapping[str, str]
    call_tasks: list[CallTask]
    """Open tasks that ask for a call, which is reported on them."""
    owner: int | None
    stage: str
    """Owner and stage as the page shows them: a change that a colleague makes meanwhile is seen by them."""
    journeys: list[JourneyChoice]
    products: Mapping[str, str]
    orders: list[Any]
    fields: list[EditableField]
    typed: Mapping[str, str]
    act: str | None = None
    """The form that could not be saved."""
    problem: str | None = None


def act_forms(
    connection: Connection,
    playbook: Playbook,
    contact_id: int,
    typed: Mapping[str, str] | None = None,
    act: str | None = None,
    problem: str | None = None,
) -> ActForms:
    """The forms of a contact, with what was typed where it could not be saved."""
    given = typed or {}
    contact = connection.execute(CONTACT, {"id": contact_id}).one()
    return ActForms(
        once=given.get("once") or uuid4().hex,
        reps=list(connection.execute(REPS)),
        stages={stage.value: STAGE_TITLES[stage] for stage in STAGES[STAGES.index(Stage(contact.stage)) + 1 :]},
        kinds={name: kind.title for name, kind in playbook.tasks.all_kinds.items() if kind.by_hand},
        kind_titles={name: kind.title for name, kind in playbook.tasks.all_kinds.items()},
        call_tasks=open_call_tasks(connection, contact_id),
        owner=contact.owner_id,
        stage=contact.stage,
        journeys=journey_choices(connection, contact_id),
        products={product.code: product.name for product in playbook.products},
        orders=list(connection.execute(ORDERS, {"contact": contact_id})),
        fields=editable_fields(connection, playbook, contact_id, given if act == "fields" else {}),
        typed=given,
        act=act,
        problem=problem,
    )


def editable_fields(
    connection: Connection, playbook: Playbook, contact_id: int, given: Mapping[str, str]
) -> list[EditableField]:
    """Every field that people may change, with what was typed into it, and what a colleague changed meanwhile."""
    now = field_texts(connection, playbook, contact_id)
    declared = declared_fields(playbook)
    fields = []
    for name, field in declared.items():
        was = given.get(f"was_{name}", now[name])
        is_changed = was != now[name] and given.get(name, now[name]) != now[name]
        fields.append(
            EditableField(
                name,
                field.label or in_words(name),
                given.get(name, now[name]) if is_changed or was == now[name] else now[name],
                now[name],
                INPUT_TYPES.get(field.type, "text"),
                _choices(field),
                now[name] or "nothing" if is_changed else None,
            )
        )
    return fields


def declared_fields(playbook: Playbook) -> dict[str, CustomField]:
    """Name -> field, first those that every contact has, then the playbook's own."""
    usual = CustomField(type=FieldType.TEXT)
    own = {name: CONTACT_FIELDS.get(name, usual) for name in STANDARD if name in Contact.model_fields}
    return own | dict(playbook.fields)


def field_texts(connection: Connection, playbook: Playbook, contact_id: int) -> dict[str, str]:
    """Name -> what the contact has there now, as the form writes it."""
    names = declared_fields(playbook)
    columns = [name for name in names if name in Contact.model_fields]
    wanted = select(*(col(getattr(Contact, name)) for name in columns), col(Contact.custom))
    row = connection.execute(wanted.where(col(Contact.id) == contact_id)).mappings().one()
    return {name: _text(row[name] if name in columns else (row["custom"] or {}).get(name)) for name in names}


def read_field(field: CustomField, name: str, typed: str, country: str, now: datetime) -> Any:
    """The value to store; None for one that is taken out. Raises UnreadableText with a sentence."""
    what = validate_text(typed, f"What you typed for {field.label or in_words(name)} would", longest=LONGEST_VALUE)
    if not what:
        return None
    try:
        if name == "employees":
            return int(clean(CustomField(type=FieldType.NUMBER), what, country=country))
        value = clean(field, what, country=country)
        check_day(name, field, what, value, day_of(now, company_clock().key), now)
        return value
    except BadValue as error:
        raise UnreadableText(f"{field.label or in_words(name)}: {error.for_people}") from None
    except ValueError as error:
        raise UnreadableText(f"{field.label or in_words(name)}: {error}") from None


def _choices(field: CustomField) -> Mapping[str, str] | None:
    if field.type is FieldType.CHECKBOX:
        return YES_OR_NO
    return option_choices(field) if field.options and field.type is not FieldType.LIST else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return FLAG_TEXT[value]
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)
