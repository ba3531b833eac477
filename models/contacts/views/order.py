"""The order of a list: what comes behind a contact, what comes up to one, and a place in it as a text."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from models.contacts.views.columns import ListColumn
from models.values.sanitize import is_storable

LARGEST = 10**20
"""No number that contacts are sorted by is larger."""


class BadStart(Exception):
    """A place in the list that the list has not written; the order may have changed since."""


@dataclass(frozen=True)
class Place:
    """A contact in the order: its value in the column that is sorted by, and its number."""

    value: Any
    id: int


@dataclass(frozen=True)
class Order:
    """By a column, the empty ones last; the newest first among equals."""

    column: ListColumn
    is_descending: bool

    def by(self, key: Any, number: Any) -> list[ColumnElement[Any]]:
        """What SQL sorts by, where `key` is the value of the column and `number` the contact's."""
        if not self.is_descending:
            return [key.asc(), number.desc()]
        return [key.desc().nulls_last() if self.column.is_nullable else key.desc(), number.desc()]

    def behind(self, key: Any, number: Any, place: Place | None) -> list[ColumnElement[bool]]:
        """Conditions: what comes after this place; of none, everything."""
        if place is None:
            return []
        if place.value is None:
            return [key.is_(None), number < place.id]
        further = key < place.value if self.is_descending else key > place.value
        here = and_(key == place.value, number < place.id)
        if self.column.is_nullable:
            return [or_(further, here, key.is_(None))]
        # So that an index finds the place.
        not_before = key <= place.value if self.is_descending else key >= place.value
        return [not_before, or_(further, here)]

    def until(self, key: Any, number: Any, place: Place) -> list[ColumnElement[bool]]:
        """Conditions: what comes before this place, and the place itself."""
        if place.value is None:
            return [or_(key.is_not(None), number >= place.id)]
        nearer = key > place.value if self.is_descending else key < place.value
        # The planner knows how many this leaves, and an index finds them.
        at_least = key >= place.value if self.is_descending else key <= place.value
        near = self.column.near(place.value, self.is_descending) if self.column.near else None
        return [at_least, or_(nearer, number >= place.id), *([] if near is None else [near])]


def write_place(place: Place) -> str:
    """It, for an address."""
    value = place.value
    return json.dumps([value if isinstance(value, str | bool | int | None) else str(value), place.id])


def read_place(written: str, column: ListColumn) -> Place | None:
    """The same as it was; None for nothing. Raises BadStart for what nobody here has written."""
    if not written:
        return None
    try:
        value, number = json.loads(written)
        if not isinstance(number, int) or not 0 <= number < 2**63:
            raise BadStart
        return Place(None if value is None else _typed(value, column), number)
    except (ValueError, TypeError, OverflowError, InvalidOperation, RecursionError):
        raise BadStart from None


def _typed(value: Any, column: ListColumn) -> Any:
    """A value of the column as Postgres compares it. Raises ValueError for another one."""
    if column.name == "stage" or column.kind == "flag":
        return int(value) if column.name == "stage" else bool(value)
    if column.kind == "number" and abs(Decimal(value)) < LARGEST:
        return Decimal(value)
    if column.kind in ("moment", "date") and isinstance(value, str):
        at = datetime.fromisoformat(value)
        return at.date() if column.kind == "date" else at.astimezone()
    if column.kind == "text" and isinstance(value, str) and is_storable(value):
        return value
    raise ValueError
