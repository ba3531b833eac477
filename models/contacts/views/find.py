"""Finds the contacts of a list: a page of them in a stable order, how many they are, and all of them one by one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from models.contacts.views.columns import OWNER, ListColumn
from models.database import id_list
from models.tables.contact import Contact
from models.values.sanitize import is_storable

AT_ONCE = 50
"""Contacts on a page."""
COUNTED = 10_000
"""Up to here a count is exact; above it an estimate is told as such."""
PATIENCE_MS = 3_000
"""What a page may take to find its contacts."""

COUNTING_MS = 250
"""What counting may take; after it an estimate has to do."""
SAMPLED = 5_000
"""Contacts of whom an estimate is made."""
LARGEST = 10**20
"""No number that contacts are sorted by is larger."""

NEWEST = text("SELECT coalesce(max(id), 0) FROM contact")
LIMIT_TIME = text("SELECT set_config('statement_timeout', :time, true)")


class TooSlow(Exception):
    """The condition cannot be answered in the time that a page has."""


class BadStart(Exception):
    """A place in the list that the list has not written; the order may have changed since."""


@dataclass(frozen=True)
class Found:
    """Which contacts, and in which order."""

    conditions: Sequence[ColumnElement[bool]]
    sort: ListColumn
    is_descending: bool


@dataclass(frozen=True)
class PageStart:
    """The last contact of the page before: its value in the column that is sorted by, and its number."""

    value: Any
    id: int


@dataclass(frozen=True)
class ListPage:
    """Rows of a page, how many contacts there are in all, and where the next page begins."""

    rows: list[Mapping[str, Any]]
    """Column -> value, with `id` and `suppressed`."""
    count: int
    is_estimate: bool
    next_page: str | None


@contextmanager
def time_limit(connection: Connection, milliseconds: int | None = None) -> Iterator[None]:
    """What is asked within takes at most so long, or as long as a page has. Raises TooSlow; the transaction can go on
    after it.
    """
    try:
        with connection.begin_nested():
            connection.execute(LIMIT_TIME, {"time": str(PATIENCE_MS if milliseconds is None else milliseconds)})
            yield
            connection.execute(LIMIT_TIME, {"time": "0"})
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise TooSlow from None
        raise


def read_page(connection: Connection, found: Found, columns: Sequence[ListColumn], start: PageStart | None) -> ListPage:
    """One page. Raises TooSlow."""
    few = _few(connection, found, start)
    with time_limit(connection):
        count, ids = few or (None, _many(connection, found, start))
        if count is None and start is None and len(ids) <= AT_ONCE:
            count = len(ids)
        about = max(estimate(connection, found.conditions), len(ids)) if count is None else count
        rows = _read_rows(connection, found, columns, ids[:AT_ONCE])
    next_page = write_start(rows[-1]["sorted by"], rows[-1]["id"]) if len(ids) > AT_ONCE and rows else None
    return ListPage(rows, about, count is None, next_page)


def _few(connection: Connection, found: Found, start: PageStart | None) -> tuple[int, list[int]] | None:
    """How many there are, and the page of them; None when they are more than are counted, or to count them takes long.

    In one statement, so that a rare condition reads all contacts only once.
    """
    some = _from_contacts(
        select(col(Contact.id), found.sort.key.label("key")).where(*found.conditions).limit(COUNTED + 1)
    ).cte("found")
    key, number = some.c.key, some.c.id
    page = select(number).order_by(*_order(key, number, found.is_descending, nullable=found.sort.is_nullable))
    page = page.where(*_behind(key, number, found, start)).limit(AT_ONCE + 1)
    total = select(func.count()).select_from(some).scalar_subquery()
    try:
        with time_limit(connection, COUNTING_MS):
            row = connection.execute(select(total, func.array(page.scalar_subquery(), type_=ARRAY(BigInteger)))).one()
    except TooSlow:
        return None
    return None if row[0] > COUNTED else (int(row[0]), list(row[1]))


def _many(connection: Connection, found: Found, start: PageStart | None) -> list[int]:
    page = _after(_select(found, col(Contact.id)), found, start).limit(AT_ONCE + 1)
    return list(connection.execute(page).scalars())


def estimate(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    """About how many contacts there are, from a sample that is spread evenly over their numbers, and so over time.

    The planner's own estimate is off by orders of magnitude where a condition is about other tables.
    """
    newest = int(connection.execute(NEWEST).scalar_one())
    ids = cast(literal(id_list(_spread(newest)), Text), ARRAY(BigInteger))
    sample = func.unnest(ids).column_valued("sampled")
    counted = _from_contacts(select(func.count()).where(*conditions, col(Contact.id).in_(select(sample))))
    return round(int(connection.execute(counted).scalar_one()) * max(1.0, newest / SAMPLED))


def _spread(newest: int) -> list[int]:
    """Numbers of contacts, the same each time: one from each stretch of equal length, whichever it is."""
    if newest <= SAMPLED:
        return list(range(1, newest + 1))
    drawn, length = Random(newest // SAMPLED), newest / SAMPLED
    return [int(length * (place + drawn.random())) + 1 for place in range(SAMPLED)]


def select_rows(found: Found, columns: Sequence[ListColumn]) -> Select[Any]:
    """All contacts that were found with these columns, in their order."""
    return _select(found, col(Contact.id), *(column.value.label(column.name) for column in columns))


def select_ids(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The ids of all that were found, the oldest first."""
    return _from_contacts(select(col(Contact.id)).where(*conditions)).order_by(col(Contact.id))


def _read_rows(
    connection: Connection, found: Found, columns: Sequence[ListColumn], ids: Sequence[int]
) -> list[Mapping[str, Any]]:
    values = [column.value.label(column.name) for column in columns if column.name != "suppressed"]
    wanted = select(col(Contact.id), col(Contact.suppressed), found.sort.key.label("sorted by"), *values)
    rows = connection.execute(_from_contacts(wanted).where(col(Contact.id).in_(ids))).mappings()
    place = {number: place for place, number in enumerate(ids)}
    return sorted((dict(row) for row in rows), key=lambda row: place[row["id"]])


def _select(found: Found, *values: Any) -> Select[Any]:
    key, number = found.sort.key, col(Contact.id)
    order = _order(key, number, found.is_descending, nullable=found.sort.is_nullable)
    return _from_contacts(select(*values).where(*found.conditions)).order_by(*order)


def _after(wanted: Select[Any], found: Found, start: PageStart | None) -> Select[Any]:
    return wanted.where(*_behind(found.sort.key, col(Contact.id), found, start))


def _from_contacts(wanted: Select[Any]) -> Select[Any]:
    """With the name of the owner beside it, which Postgres leaves out where nobody asks for it."""
    return wanted.select_from(Contact).outerjoin(OWNER, col(OWNER.id) == col(Contact.owner_id))


def _order(key: Any, number: Any, is_descending: bool, *, nullable: bool) -> list[Any]:
    """By the column, the empty ones last; the newest first among equals."""
    by = key.desc() if is_descending else key.asc()
    return [*([key.is_(None)] if nullable else []), by, number.desc()]


def _behind(key: Any, number: Any, found: Found, start: PageStart | None) -> list[ColumnElement[bool]]:
    """What comes behind the last contact of the page before, in that order."""
    if start is None:
        return []
    if start.value is None:
        return [key.is_(None), number < start.id]
    further = key < start.value if found.is_descending else key > start.value
    here = and_(key == start.value, number < start.id)
    if found.sort.is_nullable:
        return [or_(further, here, key.is_(None))]
    # So that an index finds the place.
    not_before = key <= start.value if found.is_descending else key >= start.value
    return [not_before, or_(further, here)]


def write_start(value: Any, contact_id: int) -> str:
    """Where the next page begins, for an address."""
    return json.dumps([value if isinstance(value, str | bool | int | None) else str(value), contact_id])


def read_start(written: str, sort: ListColumn) -> PageStart | None:
    """The same as it was; None for nothing. Raises BadStart for what nobody here has written."""
    if not written:
        return None
    try:
        value, number = json.loads(written)
        if not isinstance(number, int) or not 0 <= number < 2**63:
            raise BadStart
        return PageStart(None if value is None else _typed(value, sort), number)
    except (ValueError, TypeError, OverflowError, InvalidOperation, RecursionError):
        raise BadStart from None


def _typed(value: Any, sort: ListColumn) -> Any:
    """A value of the column as Postgres compares it. Raises ValueError for another one."""
    if sort.name == "stage" or sort.kind == "flag":
        return int(value) if sort.name == "stage" else bool(value)
    if sort.kind == "number" and abs(Decimal(value)) < LARGEST:
        return Decimal(value)
    if sort.kind in ("moment", "date") and isinstance(value, str):
        at = datetime.fromisoformat(value)
        return at.date() if sort.kind == "date" else at.astimezone()
    if sort.kind == "text" and isinstance(value, str) and is_storable(value):
        return value
    raise ValueError
