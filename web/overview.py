"""The first page: what needs a person, how today goes, how it went, and who came last."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection, text

from models.access.work_link import company_zone
from models.database import engine
from models.display_name import DISPLAY_NAME
from models.mail.sending_pause import Pause, open_pauses
from models.tables.message import PauseScope
from web.first_page.today import Today, read_today
from web.first_page.waiting import Need, read_needs
from web.frame.login import require_ops
from web.frame.pages import page
from web.health.health import check_services, overall_status
from web.health.service import Service

router = APIRouter(dependencies=[Depends(require_ops)])

RECENT_CONTACTS = text(f"""
    SELECT id, {DISPLAY_NAME} AS who,
           company, stage, score, source, created_at
    FROM contact ORDER BY id DESC LIMIT 8
""")


@dataclass(frozen=True)
class RecentContact:
    """A contact that came lately."""

    id: int
    who: str
    company: str | None
    stage: str
    score: Decimal
    source: str | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The whole first page."""

    needs: list[Need]
    pauses: dict[PauseScope, Pause]
    """Mail that is not sent now."""
    today: Today
    recent_contacts: list[RecentContact]
    services: dict[str, Service]
    status: str


@router.get("/")
def show_overview(request: Request, settled: Annotated[int | None, Query(ge=0, lt=2**31)] = None) -> Response:
    """How things stand now."""
    now = datetime.now(UTC)
    services = check_services(now)
    with engine().connect() as connection:
        overview = _read(connection, services, now)
    return page(request, "frame/overview.html", overview=overview, settled=settled)


def _read(connection: Connection, services: dict[str, Service], now: datetime) -> Overview:
    return Overview(
        needs=read_needs(connection, now),
        pauses=open_pauses(connection),
        today=read_today(connection, company_zone(connection), now),
        recent_contacts=[RecentContact(**one) for one in connection.execute(RECENT_CONTACTS).mappings()],
        services=services,
        status=overall_status(services),
    )
