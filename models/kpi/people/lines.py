"""One line for each thing that was counted, with whom it is about: as they are called now, or erased."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from models.contacts.merged_into import kept_contacts
from models.database import id_list
from models.display_name import DISPLAY_NAME
from models.kpi.versions import as_known
from models.tables.kpi import Dimension

AT_ONCE = 1_000
REP_NUMBER = re.compile("[0-9]{1,18}")


class NoSuchNumber(ValueError):
    """What was asked for is not counted; the sentence says what is."""


@dataclass(frozen=True, kw_only=True)
class NumberAsked(ABC):
    """Which number it is whose people are asked for: a cell of a KPI table, added up over days."""

    first: date
    last: date
    dimension: Dimension = Dimension.ALL
    member: str = ""
    team_id: int = 0
    """0: whoever's they are."""
    known_at: datetime | None = None
    """As reported then; None: as reported now."""

    def __post_init__(self) -> None:
        if self.dimension is Dimension.PERSON and not REP_NUMBER.fullmatch(self.member):
            raise NoSuchNumber(
                f"The person {self.member[:40]!r} was found, a rep's number or 0 for nobody was expected."
            )

    @property
    @abstractmethod
    def select(self) -> str:
        """SQL: what was counted, with the columns id, contact_id, day, at, rep_id, source, product, journey, amount,
        currency, value.
        """

    @property
    def order(self) -> str:
        """SQL: which comes first, by the columns of `select`."""
        return "day DESC, id DESC"

    @abstractmethod
    def count(self, connection: Connection) -> int:
        """The number itself, as the KPI tables have it."""

    @property
    def values(self) -> dict[str, Any]:
        """What its SQL binds."""
        return {
            "first": self.first,
            "last": self.last,
            "dimension": self.dimension.value,
            "member": self.member if self.dimension is not Dimension.ALL else "",
            "rep": int(self.member) if self.dimension is Dimension.PERSON else 0,
            "team": self.team_id,
            "known_at": self.known_at,
        }

    @property
    def cell(self) -> str:
        """SQL over a KPI table: its rows of this cell, as known then. Rows about a person stand in their team alone."""
        of_team = " AND team_id = :team" if self.team_id or self.dimension is not Dimension.PERSON else ""
        return f"dimension = :dimension AND member = :member{of_team} AND {as_known(self.known_at)}"

    def of_member(self, alias: str) -> str:
        """SQL over what is counted: that it is of the member, where there is one."""
        match self.dimension:
            case Dimension.ALL:
                return "true"
            case Dimension.PERSON:
                return f"{alias}.rep_id = :rep"
            case dimension:
                return f"{alias}.{dimension.value} = :member"


@dataclass(frozen=True, kw_only=True)
class CountedLine:
    """One counted thing with whom it is about, as they are called now."""

    contact_id: int
    """Of a contact that was merged since, the one that was kept."""
    who: str | None
    """None: the contact was erased."""
    company: str | None
    day: date
    """The day that it counts on."""
    at: datetime
    owner: str | None
    """Whose it was; None: nobody's."""
    source: str
    product: str
    journey: str
    amount: Decimal | None
    currency: str
    value: float | None
    """What the measure says; of cohorts the days between the two."""


NAMES = text(f"""
SELECT contact.id, {DISPLAY_NAME} AS who, nullif(contact.company, {DISPLAY_NAME}) AS company
FROM contact WHERE contact.id = ANY(CAST(:contacts AS bigint[]))
""")

REPS = text("SELECT id, name FROM rep")


def counted_lines(connection: Connection, asked: NumberAsked, *, most: int | None, skip: int) -> Iterator[CountedLine]:
    """The lines from one on; without a limit all that follow, read as they are asked for."""
    statement = text(f"SELECT * FROM ({asked.select}) AS counted ORDER BY {asked.order} LIMIT :most OFFSET :skip")
    reps = {row.id: row.name for row in connection.execute(REPS)}
    streaming = connection.execution_options(yield_per=AT_ONCE)
    with streaming.execute(statement, asked.values | {"most": most, "skip": skip}) as result:
        for part in result.mappings().partitions():
            yield from _with_names(connection, part, reps)


def _with_names(connection: Connection, facts: Sequence[RowMapping], reps: dict[int, str]) -> Iterator[CountedLine]:
    """The facts with whom they are about: two queries, however many there are."""
    names = _names(connection, {fact["contact_id"] for fact in facts})
    for fact in facts:
        contact, who, company = names.get(fact["contact_id"], (fact["contact_id"], None, None))
        yield CountedLine(
            contact_id=contact,
            who=who,
            company=company,
            owner=reps.get(fact["rep_id"]),
            **{name: fact[name] for name in COPIED},
        )


COPIED = ("day", "at", "source", "product", "journey", "amount", "currency", "value")


def _names(connection: Connection, contacts: set[int]) -> dict[int, tuple[int, str, str | None]]:
    """Number -> the number, name and company of who is meant by it now; erased people are not in it."""
    found = _read_names(connection, contacts)
    gone = kept_contacts(connection, contacts - found.keys()) if contacts - found.keys() else {}
    kept = _read_names(connection, {now for number, now in gone.items() if now != number})
    return found | {number: kept[now] for number, now in gone.items() if now in kept}


def _read_names(connection: Connection, contacts: set[int]) -> dict[int, tuple[int, str, str | None]]:
    if not contacts:
        return {}
    rows = connection.execute(NAMES, {"contacts": id_list(contacts)})
    return {row.id: (row.id, row.who, row.company) for row in rows}
