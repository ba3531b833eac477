"""What the hottest leads have in common: where they come from, who they are, how they began."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Text, case, cast, func, literal, select, text
from sqlmodel import col

from models.tables.contact import Contact, Stage
from models.values.custom_field import CustomField, FieldType

SAMPLE_SIZE = 1_000
"""How many of them are looked at."""
VALUES_PER_TRAIT = 3
BANDS = ((10, "1 to 9"), (50, "10 to 49"), (250, "50 to 249"), (1_000, "250 to 999"))

BEGAN_WITH_FORM = text("""
-- How many of these contacts had a form as the first that we heard of them.
SELECT count(*) FROM unnest(CAST(:contacts AS bigint[])) AS hot (id)
WHERE (SELECT name FROM event WHERE contact_id = hot.id ORDER BY at, id LIMIT 1) = 'form_submitted'
""")


@dataclass(frozen=True)
class CommonTrait:
    """A value that many of the hottest leads have."""

    trait: str
    value: str
    share_of_hot: float
    share_of_all: float
    """The share of all contacts that have this value, to compare with."""


@dataclass(frozen=True)
class HotProfile:
    """The hottest leads as a group."""

    leads: int
    common: list[CommonTrait]
    form_share: float
    """The share whose first trace is a form that they filled in."""


def hot_profile(
    connection: Connection, fields: Mapping[str, CustomField], score: Decimal, customers: bool
) -> HotProfile | None:
    """Looks at the HOTTEST at or above a score; None when there is nobody."""
    hot = select(col(Contact.id)).where(col(Contact.score) >= score)
    hot = hot if customers else hot.where(col(Contact.stage) != Stage.CUSTOMER.value)
    contacts = list(
        connection.scalars(hot.order_by(col(Contact.score).desc(), col(Contact.id).desc()).limit(SAMPLE_SIZE))
    )
    if not contacts:
        return None
    traits = dict(_traits(fields))
    found = [(what, *most) for what, trait in traits.items() for most in _most_common(connection, trait, contacts)]
    everywhere = _shares_of_all(connection, [(traits[what], value) for what, value, _ in found])
    common = [
        CommonTrait(what, value, count / len(contacts), share)
        for (what, value, count), share in zip(found, everywhere, strict=True)
    ]
    return HotProfile(len(contacts), common, connection.scalar(BEGAN_WITH_FORM, {"contacts": contacts}) / len(contacts))


def _traits(fields: Mapping[str, CustomField]) -> Iterator[tuple[str, Any]]:
    """What contacts are compared by: name -> text or null, the playbook's dropdowns and a field `age` among it."""
    yield "Source", col(Contact.source)
    yield "Job title", col(Contact.job_title)
    yield "Industry", col(Contact.industry)
    yield "State", col(Contact.state)
    yield "Employees", _employees()
    for name, field in fields.items():
        value = col(Contact.custom)[name].astext
        if field.type is FieldType.DROPDOWN:
            yield field.label or name, value
        elif name == "age":
            yield field.label or "Age", _decade(value)


def _employees() -> ColumnElement[str]:
    count = col(Contact.employees)
    bands = [(count < below, band) for below, band in BANDS]
    return case((count.is_(None), None), *bands, else_="1,000 or more")


def _decade(age: ColumnElement[str]) -> ColumnElement[str]:
    """`34` and `34.5` as `30 to 39`."""
    years = cast(func.substring(age, r"^(\d{1,3})(?:\.\d+)?$"), Integer)
    begin = years - years % 10
    return cast(begin, Text) + " to " + cast(begin + 9, Text)


def _most_common(connection: Connection, trait: ColumnElement[str], contacts: Sequence[Any]) -> Sequence[Any]:
    count = func.count().label("count")
    found = select(trait.label("value"), count).where(col(Contact.id).in_(contacts), trait.is_not(None), trait != "")
    ranked = found.group_by(text("value")).order_by(count.desc(), text("value")).limit(VALUES_PER_TRAIT)
    return connection.execute(ranked).all()


def _shares_of_all(connection: Connection, wanted: Sequence[tuple[Any, str]]) -> list[float]:
    """The share of all contacts that has each of these values, in one look at the table."""
    counts: list[Any] = [func.count().filter(trait == literal(value)) for trait, value in wanted]
    total, *found = connection.execute(select(func.count(), *counts).select_from(Contact)).one()
    return [count / total for count in found]
