"""The people behind a number of the reports: as a page, as CSV and as a workbook."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response

from models.database import engine
from models.kpi.people.lines import CountedLine, NumberAsked, counted_lines
from models.wording import DASH, duration, number
from web.frame.csv_response import csv_response
from web.frame.login import require_ops
from web.frame.pagination import AT_ONCE
from web.frame.words import label
from web.frame.xlsx_response import MOST_ROWS, ColumnKind, Sheet, SheetColumn, xlsx_response
from web.reports.about_download import about_sheet
from web.reports.frame import report_page
from web.reports.query import ReportAddress, read_request
from web.reports.who.number import NumberWords, PeopleAddress, number_words, read_number

router = APIRouter(prefix="/reports", dependencies=[Depends(require_ops)])

TOO_MANY = "These are {count:,} lines, more than a sheet can hold. Take a shorter period, or the same as CSV."

COLUMNS = (
    SheetColumn("Contact"),
    SheetColumn("Name", width=26),
    SheetColumn("Company", width=26),
    SheetColumn("Day", width=12),
    SheetColumn("At", width=20),
    SheetColumn("Owner then", width=22),
    SheetColumn("Source", width=16),
    SheetColumn("Product", width=16),
    SheetColumn("Journey", width=20),
    SheetColumn("Amount", ColumnKind.MONEY, width=14),
    SheetColumn("Currency"),
    SheetColumn("Value", ColumnKind.NUMBER, width=12),
)
ERASED = "erased"

GivenAddress = Annotated[PeopleAddress, Query()]


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """What the page shows."""

    words: NumberWords
    count: int
    leaf: int
    lines: list[CountedLine]
    kept: dict[str, str]
    """What the address says beside the days, the team and the leaf."""

    def value_text(self, line: CountedLine) -> str:
        """A value as people read it."""
        if line.value is None:
            return DASH
        return duration(timedelta(seconds=line.value)) if self._is_in_seconds else number(line.value)

    @property
    def value_heading(self) -> str:
        """That of the column of values."""
        return label(self.words.value.removeprefix("seconds "))

    @property
    def leaves(self) -> int:
        """How many pages the list has."""
        return -(-self.count // AT_ONCE)

    @property
    def _is_in_seconds(self) -> bool:
        return self.words.value.startswith("seconds")


@router.get("/who.csv")
def download_people_csv(address: GivenAddress) -> Response:
    """All of them, not only a page."""
    with engine().connect() as connection:
        asked = read_request(connection, address, datetime.now(UTC))
        wanted = read_number(address, asked)
    return csv_response(address.file, [column.heading for column in COLUMNS], _all_rows(wanted, asked.zone))


@router.get("/who.xlsx")
def download_people_xlsx(address: GivenAddress) -> Response:
    """The same as a workbook."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        asked = read_request(connection, address, now)
        wanted = read_number(address, asked)
        if (count := wanted.count(connection)) >= MOST_ROWS:
            raise HTTPException(422, TOO_MANY.format(count=count))
        words = number_words(connection, wanted, asked)
    meanings = [("Counted", words.about), ("Of", words.of or "all"), ("Value", words.value or "none")]
    sheets = [Sheet("People", COLUMNS, _all_rows(wanted, asked.zone)), about_sheet(address.file, asked, now, meanings)]
    return xlsx_response(address.file, sheets, asked.zone.key)


@router.get("/who")
def show_people(request: Request, address: GivenAddress) -> Response:
    """Exactly those who were counted into a number, the newest first."""
    with engine().connect() as connection:
        asked = read_request(connection, address, datetime.now(UTC))
        wanted = read_number(address, asked)
        lines = counted_lines(connection, wanted, most=AT_ONCE, skip=(address.leaf - 1) * AT_ONCE)
        shown = PeoplePage(
            words=number_words(connection, wanted, asked),
            count=wanted.count(connection),
            leaf=address.leaf,
            lines=list(lines),
            kept=_kept(address),
        )
    return report_page(request, "reports/who.html", asked, kept=shown.kept, shown=shown)


def _kept(address: PeopleAddress) -> dict[str, str]:
    """Which number it is, for links to the same one of other days, teams and leaves."""
    said = address.model_dump(mode="json", exclude={*ReportAddress.model_fields, "leaf"}, exclude_defaults=True)
    return {name: str(value) for name, value in said.items()}


def _all_rows(wanted: NumberAsked, zone: ZoneInfo) -> Iterator[list[Any]]:
    """Every line, its moment by the clock of the zone; on a connection of its own for as long as it is read."""
    with engine().connect() as connection:
        for line in counted_lines(connection, wanted, most=None, skip=0):
            at = line.at.astimezone(zone).replace(microsecond=0)
            yield [
                *(line.contact_id, line.who or ERASED, line.company, line.day, at, line.owner, line.source),
                *(line.product, line.journey, line.amount, line.currency, line.value),
            ]
