"""A few contacts, spread evenly over all: how many fit, and about where in the order of a list they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    cast,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from models.contacts.views.columns import from_contacts
from models.contacts.views.order import Order, Place
from models.database import id_list
from models.tables.contact import Contact

SAMPLED = 5_000
"""Contacts in a sample."""

NEWEST = text("SELECT coalesce(max(id), 0) FROM contact")


@dataclass(frozen=True)
class Sample:
    """Those of a sample who fit."""

    newest: int
    """The largest number of a contact."""
    fitting: int
    """How many there are."""
    places: Sequence[Place]
    """The first of them behind the place where a page begins, in the order of the list."""

    @property
    def count(self) -> int:
        """About how many contacts fit in all."""
        return round(self.fitting * max(1.0, self.newest / SAMPLED))


def newest_number(connection: Connection) -> int:
    """The largest number that a contact has; 0 while there is none."""
    return int(connection.execute(NEWEST).scalar_one())


def take_sample(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    order: Order,
    start: Place | None,
    *,
    newest: int,
    most: int,
) -> Sample:
    """The sample, with at most so many places."""
    fitting = from_contacts(
        select(col(Contact.id), order.column.key.label("key")).where(*conditions, _is_sampled(newest))
    )
    some = fitting.cte("sampled")
    key, number = some.c.key, some.c.id
    first = select(key, number).where(*order.behind(key, number, start)).order_by(*order.by(key, number)).limit(most)
    counted, places = select(func.count().label("fitting")).select_from(some).subquery(), first.subquery()
    rows = connection.execute(
        select(counted.c.fitting, places.c.key, places.c.id)
        .select_from(counted.outerjoin(places, true()))
        .order_by(*order.by(places.c.key, places.c.id))
    ).all()
    return Sample(newest, int(rows[0][0]), [Place(row[1], row[2]) for row in rows if row[2] is not None])


def estimate(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    """About how many contacts there are, from a sample.

    The planner's own estimate is off by orders of magnitude where a condition is about other tables.
    """
    newest = newest_number(connection)
    counted = from_contacts(select(func.count()).where(*conditions, _is_sampled(newest)))
    return Sample(newest, int(connection.execute(counted).scalar_one()), []).count


def _is_sampled(newest: int) -> ColumnElement[bool]:
    ids = cast(literal(id_list(_spread(newest)), Text), ARRAY(BigInteger))
    drawn: Any = func.unnest(ids).column_valued("drawn")
    return col(Contact.id).in_(select(drawn))


def _spread(newest: int) -> list[int]:
    """Numbers of contacts, the same each time: one from each stretch of equal length, whichever it is."""
    if newest <= SAMPLED:
        return list(range(1, newest + 1))
    drawn, length = Random(newest // SAMPLED), newest / SAMPLED
    return [int(length * (place + drawn.random())) + 1 for place in range(SAMPLED)]
