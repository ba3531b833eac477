"""What every chart has: its title, its words for whoever cannot see it, and the table that it was drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class ChartCell:
    """A cell of the table behind a chart, with the page that it opens."""

    says: str
    opens: str = ""
    is_number: bool = True


@dataclass(frozen=True)
class ChartTable:
    """The table behind a chart: the first column names the rows."""

    headings: Sequence[str]
    rows: Sequence[Sequence[ChartCell]]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart of any kind."""

    kind: ClassVar[str] = ""
    """The macro of templates/pages/charts that draws it."""
    title: str
    description: str
    """A sentence for whoever cannot see it: what it shows, from where to where, and the last value."""
    table: ChartTable
    note: str = ""
    """What stands below it."""
    legend: Sequence["LegendEntry"] = field(default=())


@dataclass(frozen=True)
class LegendEntry:
    """A kind of line or area and what it is called; `kind` is a class of the stylesheet."""

    kind: str
    says: str
