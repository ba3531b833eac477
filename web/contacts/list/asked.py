"""What is asked of the list of contacts: a condition, words, an order, columns; and all of it as an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement

from models.contacts.views.columns import USUAL, ListColumn, columns_of
from models.contacts.views.conditions import KnownWords, parse_list_condition
from models.contacts.views.find import Found
from models.contacts.views.order import Order
from models.contacts.views.search import fits_search

NEWEST = "-created_at"
LONGEST_CONDITION = 1_000
MOST_COLUMNS = 12


@dataclass(frozen=True)
class Asked:
    """A list of contacts as somebody asks for it."""

    known: KnownWords = field(repr=False)
    where: str = ""
    """A condition; empty: everybody."""
    q: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    view: str = ""
    """The number of the saved view that it began with."""

    @cached_property
    def all_columns(self) -> dict[str, ListColumn]:
        """Every column that there is."""
        return columns_of(self.known.fields)

    @cached_property
    def chosen(self) -> list[ListColumn]:
        """The columns beside the name, in the order in which they were chosen; the usual ones when none was."""
        wanted = [name for name in dict.fromkeys(self.columns) if name in self.all_columns and name != "who"]
        return [self.all_columns[name] for name in (wanted or USUAL)[:MOST_COLUMNS] if name in self.all_columns]

    @property
    def sorted_by(self) -> ListColumn:
        """The column that is sorted by; when they came, if there is no such column."""
        found = self.all_columns.get(self.sort.removeprefix("-"))
        return found if found and found.is_sortable else self.all_columns["created_at"]

    @property
    def is_descending(self) -> bool:
        """The largest first."""
        is_known = self.sorted_by.name == self.sort.removeprefix("-")
        return self.sort.startswith("-") if is_known else True

    @cached_property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Whom it is about. Raises BadCondition with a sentence."""
        conditions = [parse_list_condition(self.where, self.known)] if self.where else []
        searched = fits_search(self.q)
        return [*conditions, *([] if searched is None else [searched])]

    @property
    def found(self) -> Found:
        """The contacts in their order. Raises BadCondition."""
        return Found(self.conditions, Order(self.sorted_by, self.is_descending))

    @property
    def kept(self) -> dict[str, str]:
        """What stands in the address, without what is as usual."""
        given = {"where": self.where, "q": self.q, "sort": self.sort, "columns": ",".join(self.columns)}
        given["view"] = self.view
        return {name: value for name, value in given.items() if value}

    def path(self, page: str = "/contacts", **other: str) -> str:
        """The address of this list with something changed."""
        kept = {name: value for name, value in (self.kept | other).items() if value}
        return f"{page}?{urlencode(kept)}" if kept else page

    def sorted_path(self, column: ListColumn) -> str:
        """The address of the same list by this column; the other way round when it is by that already."""
        if column.name == self.sorted_by.name:
            return self.path(sort=column.name if self.is_descending else f"-{column.name}")
        return self.path(sort=f"{'' if column.kind == 'text' and column.name != 'stage' else '-'}{column.name}")


def read_asked(known: KnownWords, given: Mapping[str, Any], columns: Sequence[str]) -> Asked:
    """What a request or a saved view says. `columns` are names, alone or with commas between."""
    where = str(given.get("where") or "").replace("\r", " ").replace("\n", " ").strip()[: LONGEST_CONDITION + 1]
    names = [name.strip() for part in columns for name in part.split(",")]
    return Asked(
        known,
        where,
        str(given.get("q") or "").strip()[:200],
        str(given.get("sort") or "")[:100],
        tuple(name for name in names if name),
        view if (view := str(given.get("view") or "")).isdecimal() and len(view) < 19 else "",
    )
