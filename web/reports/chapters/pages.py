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
    """One chapter. While no run of the report was done, nothing of it is read."""
    if name not in CHAPTER_READERS:
        raise HTTPException(404, NO_CHAPTER.format(names=", ".join(CHAPTER_READERS)))
    with engine().connect() as connection:
        asked = read_request(connection, address, datetime.now(UTC))
        chapter = CHAPTER_READERS[name](connection, asked) if asked.run else Chapter(name=name, title="", lead="")
    kept = {"all": address.whole} if address.whole in {table.name for table in chapter.tables} else {}
    return report_page(
        request,
        "reports/chapter.html",
        asked,
        kept=kept,
        chapter=chapter,
        kind_of=lambda part: KINDS[type(part)],
        whole=kept.get("all", ""),
    )
