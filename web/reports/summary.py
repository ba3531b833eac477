"""The first screen of the reports, to be read in a minute: how it goes, who and what it comes from, what to do."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from models.database import engine
from web.frame.login import require_ops
from web.reports.frame import report_page
from web.reports.query import ReportAddress, read_request

router = APIRouter(dependencies=[Depends(require_ops)])


@router.get("/reports")
def show_summary(request: Request, address: Annotated[ReportAddress, Query()]) -> Response:
    """The numbers of the last 30 days, or of those that are asked for."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        asked = read_request(connection, address, now)
    return report_page(request, "reports/summary.html", asked)
