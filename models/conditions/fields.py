"""What conditions can name: the fields of a contact, and the keys of an event's data."""

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Date, Integer, Numeric, and_, case, cast, func
from sqlmodel import col

from models.tables.contact import Contact
from models.tables.event import Event
from models.values.custom_field import CustomField, FieldType

TEXTS = (
    *("email", "phone", "mobile_phone", "source", "first_name", "last_name", "company", "job_title", "industry"),
    *("street", "city", "state", "postal_code", "country", "time_zone", "preferred_time", "stage", "suppressed"),
    "product",
)
NUMBERS = ("score", "employees", "mql_level", "probability")
DERIVED = {
    "has_full_address": and_(*(col(part).is_not(None) for part in (Contact.street, Contact.city, Contact.postal_code)))
}
"""Flags that follow from other fields."""
FLAGS = ("has_budget", "has_authority", "has_need", "has_timeline", *DERIVED)
MOMENTS = (
    *("created_at", "consent_at", "suppressed_at"),
    *("mgl_at", "mql_at", "sql_at", "sal_at", "opportunity_at", "customer_at"),
)

KINDS = {FieldType.CHECKBOX: "flag", FieldType.DATE: "date", FieldType.NUMBER: "number", FieldType.PRICE: "number"}
LONGEST_NUMBER = 40
"""Characters; what is longer in an event's data is no number that a rule means."""
LONGEST_STORED_NUMBER = 400
"""Characters of a number in a field of the playbook; what is longer was written as text."""
MONTH_AND_DAY_PATTERN = r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
DATE_PATTERN = rf"^(?!0000)\d{{4}}-{MONTH_AND_DAY_PATTERN}$"


class ConditionField(NamedTuple):
    """A name in a condition: what kind of value it has, and where that is."""

    name: str
    kind: str
    column: ColumnElement[Any]


class FieldLookup(Protocol):
    """What the names of a condition stand for."""

    def find(self, name: str, beside: ast.expr | None) -> ConditionField | None:
        """The field of this name, None when there is none; `beside` is what it is compared with."""

    def names(self) -> str:
        """What could have been named, for people."""


class ContactFields:
    """The columns of contacts and the playbook's own fields."""

    def __init__(self, declared: Mapping[str, CustomField]) -> None:
        self.declared = declared

    def find(self, name: str, beside: ast.expr | None) -> ConditionField | None:
        """Its kind is that of the column, whatever it is compared with."""
        if name in self.declared:
            return _custom(name, self.declared[name])
        for kind, names in (("text", TEXTS), ("number", NUMBERS), ("flag", FLAGS), ("moment", MOMENTS)):
            if name in names:
                return ConditionField(name, kind, DERIVED[name] if name in DERIVED else getattr(Contact, name))
        return None

    def names(self) -> str:
        """All of them."""
        return ", ".join(sorted([*TEXTS, *NUMBERS, *FLAGS, *MOMENTS, *self.declared]))


class DataFields:
    """The keys of an event's data. Senders put anything there: what is not of the kind compared with is not known."""

    def find(self, name: str, beside: ast.expr | None) -> ConditionField | None:
        """Any name can be a key; its kind is that of the literal beside it."""
        kind = _kind(beside)
        return ConditionField(name, kind, _typed(col(Event.data)[name].astext, kind)) if name else None

    def names(self) -> str:
        """They are not known beforehand."""
        return "a key of the event's data, such as amount"


def _kind(beside: ast.expr | None) -> str:
    match beside:
        case None | ast.Constant(value=bool()):
            return "flag"
        case ast.Constant(value=int() | float()) | ast.UnaryOp(op=ast.USub()):
            return "number"
        case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]) | ast.Set(elts=[first, *_]):
            return _kind(first)
    return "text"


def _typed(text: ColumnElement[str], kind: str) -> ColumnElement[Any]:
    if kind == "flag":
        return case((func.lower(text) == "true", True), (func.lower(text) == "false", False))
    if kind == "number":
        return _number(text, r"^-?\d{1,15}(\.\d{1,15})?$", LONGEST_NUMBER)
    return text


def _custom(name: str, field: CustomField) -> ConditionField:
    """A custom field as a typed expression. Values written under an earlier type of the field count as not known."""
    value = col(Contact.custom)[name]
    text = value.astext
    kind = "list" if field.type is FieldType.LIST else KINDS.get(field.type, "text")
    column = {
        "text": lambda: text,
        "list": lambda: value,
        "flag": lambda: case((text == "true", True), (text == "false", False)),
        "number": lambda: _number(text, r"^-?\d+(\.\d+)?$", LONGEST_STORED_NUMBER),
        "date": lambda: _date(text),
    }[kind]()
    return ConditionField(name, kind, column)


def _number(text: ColumnElement[str], pattern: str, longest: int) -> ColumnElement[Any]:
    """Looked at only if Postgres can take it: a single value that it cannot would stop the scores of everybody."""
    return case((func.length(text) > longest, None), (text.regexp_match(pattern), cast(text, Numeric)))


def _date(text: ColumnElement[str]) -> ColumnElement[Any]:
    """Not by a cast of the whole, which fails for 31 February: the days after the first that lead to another month."""
    first = cast(func.concat(func.left(text, 7), "-01"), Date)
    day = first + cast(func.right(text, 2), Integer) - 1
    is_there = func.to_char(day, "YYYY-MM-DD") == text
    return case((text.regexp_match(DATE_PATTERN), case((is_there, day))))
