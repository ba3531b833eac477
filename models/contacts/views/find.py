"""Finds the contacts of a list: a page of them in a stable order, how many they are, and all of them one by one.

Among a million, a sample shows about where in the order the contacts of the page stand, so that nothing behind is
looked at: no column needs an index, and a condition on other tables is asked of few.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql import visitors
from sqlalchemy.sql.selectable import SelectBase
from sqlmodel import col

from models.contacts.views.columns import ListColumn, from_contacts
from models.contacts.views.order import Order, Place, write_place
from models.contacts.views.sample import SAMPLED, Sample, newest_number, take_sample
from models.tables.contact import Contact

AT_ONCE = 50
"""Contacts on a page."""
COUNTED = 10_000
"""Up to here a count is exact; above it an estimate is told as such."""
SURE = (3, 15)
"""Up to which place of the sample is looked at first, and then: before the fourth are fifty contacts all but always."""

QUICK_MS = 200
"""What it may take to ask other tables about contacts, on a machine that is not busy; then the sample has to do. One
pass over the contacts themselves is always made: it is never much longer."""
PATIENCE_MS = 10_000
"""What finding may take otherwise, and for somebody who asked to look at all contacts."""

LIMIT_TIME = text("SELECT set_config('statement_timeout', :time, true)")


class TooSlow(Exception):
    """The condition cannot be answered in the time that a page has."""


@dataclass(frozen=True)
class Found:
    """Which contacts, and in which order."""

    conditions: Sequence[ColumnElement[bool]]
    order: Order

    @property
    def asks_other_tables(self) -> bool:
        """What happened to a contact, or belongs to it, has to be looked up."""
        asked = (*self.conditions, self.order.column.key)
        return any(isinstance(part, SelectBase) for one in asked for part in visitors.iterate(one))


@dataclass(frozen=True)
class ListPage:
    """Rows of a page, how many contacts there are in all, and where the next page begins."""

    rows: list[Mapping[str, Any]]
    """Column -> value, with `id` and `suppressed`."""
    count: int
    is_estimate: bool
    next_page: str | None
    looked_at: int | None = None
    """To look at all contacts takes longer: these are from a sample of so many. None: all were."""

    @property
    def is_sample(self) -> bool:
        """There are more, which are not among these."""
        return self.looked_at is not None


@contextmanager
def time_limit(connection: Connection, milliseconds: int) -> Iterator[None]:
    """Each statement within takes at most so long. Raises TooSlow; the transaction can go on after it."""
    try:
        with connection.begin_nested():
            connection.execute(LIMIT_TIME, {"time": str(milliseconds)})
            yield
            connection.execute(LIMIT_TIME, {"time": "0"})
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise TooSlow from None
        raise


def read_page(
    connection: Connection,
    found: Found,
    columns: Sequence[ListColumn],
    start: Place | None,
    *,
    look_at_all: bool = False,
) -> ListPage:
    """One page; with `look_at_all` however long it takes. Raises TooSlow after PATIENCE_MS."""
    with time_limit(connection, PATIENCE_MS):
        newest = newest_number(connection)
        sample: Sample | None = None
        if newest > COUNTED:
            sample = take_sample(connection, found.conditions, found.order, start, newest=newest, most=AT_ONCE)
    may_sample = sample is not None and not look_at_all and found.asks_other_tables
    try:
        with time_limit(connection, _quick_ms() if may_sample else PATIENCE_MS):
            count, ids = _find(connection, found, start, sample)
    except TooSlow:
        if sample is None or not may_sample:
            raise
        return _sampled_page(connection, found, columns, sample)
    rows = _read_rows(connection, found, columns, ids[:AT_ONCE])
    next_page = write_place(Place(rows[-1]["sorted by"], rows[-1]["id"])) if len(ids) > AT_ONCE and rows else None
    if count is None:
        return ListPage(rows, max(sample.count if sample else 0, len(ids)), True, next_page)
    return ListPage(rows, count, False, next_page)


def _quick_ms() -> int:
    """More while others keep the machine busy, so that lists do not change with the hour. 0 would be no limit."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 1
    return max(1, round(QUICK_MS * max(1, busy)))


def _sampled_page(connection: Connection, found: Found, columns: Sequence[ListColumn], sample: Sample) -> ListPage:
    rows = _read_rows(connection, found, columns, [place.id for place in sample.places])
    return ListPage(rows, max(sample.count, len(rows)), True, None, looked_at=SAMPLED)


def _find(
    connection: Connection, found: Found, start: Place | None, sample: Sample | None
) -> tuple[int | None, list[int]]:
    """How many there are, None when they are not counted, and the page of them and one more."""
    few = _few(connection, found, start) if sample is None or sample.count <= COUNTED else None
    if few:
        return few
    ids = _many(connection, found, start, sample)
    return len(ids) if start is None and len(ids) <= AT_ONCE else None, ids


def _few(connection: Connection, found: Found, start: Place | None) -> tuple[int, list[int]] | None:
    """How many there are, and the page of them; None when they are more than are counted.

    In one statement, so that a rare condition reads all contacts only once.
    """
    order = found.order
    some = from_contacts(
        select(col(Contact.id), order.column.key.label("key")).where(*found.conditions).limit(COUNTED + 1)
    ).cte("found")
    key, number = some.c.key, some.c.id
    page = select(number).where(*order.behind(key, number, start)).order_by(*order.by(key, number)).limit(AT_ONCE + 1)
    total = select(func.count()).select_from(some).scalar_subquery()
    row = connection.execute(select(total, func.array(page.scalar_subquery(), type_=ARRAY(BigInteger)))).one()
    return None if row[0] > COUNTED else (int(row[0]), list(row[1]))


def _many(connection: Connection, found: Found, start: Place | None, sample: Sample | None) -> list[int]:
    places = sample.places if sample else []
    for place in (places[number] for number in SURE if number < len(places)):
        ids = list(connection.execute(_page(found, start, place)).scalars())
        if len(ids) > AT_ONCE:
            return ids
    return list(connection.execute(_page(found, start, None)).scalars())


def _page(found: Found, start: Place | None, until: Place | None) -> Select[Any]:
    key, number = found.order.column.key, col(Contact.id)
    wanted = _select(found, number).where(*found.order.behind(key, number, start))
    if until is not None:
        wanted = wanted.where(*found.order.until(key, number, until))
    return wanted.limit(AT_ONCE + 1)


def select_rows(found: Found, columns: Sequence[ListColumn]) -> Select[Any]:
    """All contacts that were found with these columns, in their order."""
    return _select(found, col(Contact.id), *(column.value.label(column.name) for column in columns))


def select_ids(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The ids of all that were found, the oldest first."""
    return from_contacts(select(col(Contact.id)).where(*conditions)).order_by(col(Contact.id))


def _read_rows(
    connection: Connection, found: Found, columns: Sequence[ListColumn], ids: Sequence[int]
) -> list[Mapping[str, Any]]:
    values = [column.value.label(column.name) for column in columns if column.name != "suppressed"]
    wanted = select(col(Contact.id), col(Contact.suppressed), found.order.column.key.label("sorted by"), *values)
    rows = connection.execute(from_contacts(wanted).where(col(Contact.id).in_(ids))).mappings()
    place = {number: place for place, number in enumerate(ids)}
    return sorted((dict(row) for row in rows), key=lambda row: place[row["id"]])


def _select(found: Found, *values: Any) -> Select[Any]:
    order = found.order.by(found.order.column.key, col(Contact.id))
    return from_contacts(select(*values).where(*found.conditions)).order_by(*order)
