"""The lead map: how leads of each source and form are captured, recorded, assigned and contacted, measured."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from models.database import engine
from models.kpi.interval import SMALL
from models.kpi.read.lead_ways import LeadWay, Within, read_lead_ways
from models.playbook import current_playbook
from models.titles import in_words, title_of_event
from models.wording import short
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter(prefix="/journeys", dependencies=[Depends(require_ops)])

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}
Period = Literal["7", "30", "90", "365"]


@router.get("/leads")
def show_lead_map(request: Request, days: Period = "30") -> Response:
    """The leads of a period until yesterday's report, by source and form."""
    with engine().connect() as connection:
        today = datetime.now(UTC).astimezone(ZoneInfo(current_playbook(connection).company.time_zone)).date()
        ways = read_lead_ways(connection, today - timedelta(days=int(days)), today)
    lines = [(way, _source(way), _captured(way)) for way in ways]
    return page(request, "journeys/leads.html", lines=lines, days=days, periods=PERIODS, small=SMALL, within=_within)


def _source(way: LeadWay) -> str:
    return "All sources" if way.source is None else in_words(way.source) if way.source else "No source"


def _captured(way: LeadWay) -> str:
    if way.source is None:
        return "any way"
    kind, _, form = way.captured.partition(":")
    if kind == "form":
        return f"Form: {in_words(form)}"
    return title_of_event(kind, form or None) if kind else "Not told"


def _within(within: Within) -> str:
    """`4m · 2h`: half of them and nine in ten; a dash where it has not come to so many."""
    return f"{short(within.median)} · {short(within.p90)}"
