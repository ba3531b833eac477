"""The pages of the chapters."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import Field

from models.database import engine
from web.charts.heat import HeatTable
from web.frame.login import require_ops
from web.reports.chapters.chapter import Chapter, Charts, DataTable, Definitions, Note, Part, Tiles
from web.reports.chapters.index import CHAPTER_READERS
from web.reports.frame import report_page
from web.reports.query import ReportAddress, read_request

router = APIRouter(prefix="/reports", dependencies=[Depends(require_ops)])


class ChapterAddress(ReportAddress):
    """The query of a chapter."""

    whole: str = Field("", alias="all")
    """The table of which all rows are shown."""


WITHOUT_NUMBERS = ("definitions",)
"""Chapters that say all they have to say before any run."""
NO_CHAPTER = "There is no chapter of this name. Chapters are: {names}."

KINDS: dict[type[Part], str] = {
    Definitions: "definitions",
    Note: "note",
    Tiles: "tiles",
    Charts: "charts",
    HeatTable: "heat",
    DataTable: "table",
}
"""Part -> how the template calls it."""


@router.get("/{name}")
def show_chapter(request: Request, name: str, address: Annotated[ChapterAddress, Query()]) -> Response:
    """One chapter. While no run of the report was done, nothing is read but what needs none."""
    if name not in CHAPTER_READERS:
        raise HTTPException(404, NO_CHAPTER.format(names=", ".join(CHAPTER_READERS)))
    with engine().connect() as connection:
        asked = read_request(connection, address, datetime.now(UTC))
        is_read = asked.run is not None or name in WITHOUT_NUMBERS
        chapter = CHAPTER_READERS[name](connection, asked) if is_read else Chapter(name=name, title="", lead="")
    kept = {"all": address.whole} if address.whole in {table.name for table in chapter.tables} else {}
    return report_page(
        request,
        "reports/chapter.html",
        asked,
        kept=kept,
        chapter=chapter,
        needs_run=name not in WITHOUT_NUMBERS,
        kind_of=lambda part: KINDS[type(part)],
        whole=kept.get("all", ""),
    )
