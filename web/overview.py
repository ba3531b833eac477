"""The first page: how things stand, and the way to every other page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection, text

from models.database import engine
from models.display_name import DISPLAY_NAME
from models.mail.sending_pause import Pause, open_pauses
from models.tables.message import PauseScope
from web.frame.login import require_ops
from web.frame.pages import page
from web.health import Service, check_services, overall_status
from web.leads.repair_counts import RepairCounts, repair_counts

router = APIRouter(dependencies=[Depends(require_ops)])

COUNTS = text("""
    SELECT (SELECT count(*) FROM contact) AS contacts,
           (SELECT count(*) FROM journey_run WHERE status = 'stuck') AS stuck,
           (SELECT count(*) FROM task WHERE done_at IS NULL AND closed_at IS NULL) AS tasks,
           (SELECT count(*) FROM task WHERE done_at IS NULL AND closed_at IS NULL AND due_at < :now) AS overdue,
           (SELECT count(*) FROM placement WHERE closed_at IS NULL) AS waiting,
           (SELECT count(*) FROM message WHERE state = 'unknown') AS unknown,
           (SELECT count(*) FROM message WHERE state = 'failed') AS failed,
           (SELECT count(*) FROM mail_event WHERE decision = 'held') AS bounces,
           (SELECT count(*) FROM likely_duplicate WHERE decided_at IS NULL)
           + (SELECT count(*) FROM identity_conflict WHERE decided_at IS NULL) AS duplicates
""")

OPEN_RUNS = text("""
    SELECT journey, count(*) AS open FROM journey_run WHERE ended_at IS NULL GROUP BY journey ORDER BY journey
""")

RECENT_CONTACTS = text(f"""
    SELECT id, {DISPLAY_NAME} AS who,
           company, stage, score, source, created_at
    FROM contact ORDER BY id DESC LIMIT 8
""")


@dataclass(frozen=True)
class OverviewCounts:
    """How much there is of what ops look after."""

    contacts: int
    stuck: int
    tasks: int
    overdue: int
    waiting: int
    """Leads with an open placement."""
    unknown: int
    failed: int
    bounces: int
    """Of many at once, which nobody has decided on."""
    duplicates: int
    """Pairs that may be one person, and identifiers that two contacts claim."""


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


@dataclass(frozen=True)
class Overview:
    """The whole first page."""

    counts: OverviewCounts
    to_repair: RepairCounts
    open_runs: dict[str, int]
    recent_contacts: list[RecentContact]
    pauses: dict[PauseScope, Pause]
    """Mail that is not sent now."""
    services: dict[str, Service]
    status: str


@router.get("/")
def show_overview(request: Request) -> Response:
    """How things stand now."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        held = _read(connection, now)
    services = check_services(now)
    return page(
        request, "frame/overview.html", overview=Overview(**held, services=services, status=overall_status(services))
    )


def _read(connection: Connection, now: datetime) -> dict[str, Any]:
    return {
        "counts": OverviewCounts(**connection.execute(COUNTS, {"now": now}).mappings().one()),
        "to_repair": repair_counts(connection),
        "open_runs": {row.journey: row.open for row in connection.execute(OPEN_RUNS)},
        "pauses": open_pauses(connection),
        "recent_contacts": [RecentContact(**newcomer) for newcomer in connection.execute(RECENT_CONTACTS).mappings()],
    }
