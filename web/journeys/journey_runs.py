"""The people behind the numbers of a journey: who is on it and where they stand, or who came to which ending."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response
from sqlalchemy import text

from models.database import engine
from models.display_name import DISPLAY_NAME
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate

router = APIRouter(prefix="/runs", dependencies=[Depends(require_ops)])

NO_JOURNEY = "Nobody has been on a journey of this name. The page Journeys lists all."

KNOWN = text("SELECT EXISTS (SELECT FROM journey_run WHERE journey = :journey)")

RUNS = text(f"""
SELECT run.id, run.contact_id, {DISPLAY_NAME} AS who, contact.company, contact.stage, run.started_at, run.ended_at,
       run.waiting_for, run.ending, run.resume_at
FROM journey_run run JOIN contact ON contact.id = run.contact_id
WHERE run.journey = :journey AND (CAST(:status AS text) IS NULL OR run.status = :status)
  AND (CAST(:ending AS text) IS NULL OR coalesce(run.ending, '') = :ending)
  AND (CAST(:step AS text) IS NULL OR run.waiting_for = :step AND run.ended_at IS NULL)
  AND (CAST(:before AS bigint) IS NULL OR run.id < :before)
ORDER BY run.id DESC LIMIT :at_once + 1
""")


@dataclass(frozen=True)
class RunLine:
    """Somebody on a journey, or who was."""

    id: int
    contact_id: int
    who: str
    company: str | None
    stage: str
    started_at: datetime
    ended_at: datetime | None
    waiting_for: str | None
    ending: str | None
    resume_at: datetime | None


@router.get("/{journey}")
def show_runs_of_journey(
    request: Request,
    journey: str,
    status: Literal["", "waiting", "stuck", "ended"] = "",
    ending: Annotated[str | None, Query(max_length=200)] = None,
    step: Annotated[str | None, Query(max_length=500)] = None,
    before: BeforeId = None,
) -> Response:
    """The newest first: all of them, those under way, or those with one ending."""
    about = {
        "journey": journey,
        "status": status or None,
        "ending": ending,
        "step": step,
        "before": before,
        "at_once": AT_ONCE,
    }
    with engine().connect() as connection:
        if not connection.execute(KNOWN, {"journey": journey}).scalar_one():
            raise HTTPException(404, NO_JOURNEY)
        runs, older = paginate([RunLine(**row) for row in connection.execute(RUNS, about).mappings()])
    kept = {"status": status, "step": step or ""} | ({"ending": ending} if ending is not None else {})
    return page(
        request,
        "journeys/journey.html",
        journey=journey,
        runs=runs,
        older=older,
        kept={name: value for name, value in kept.items() if value},
        chosen=status,
        ending=ending,
        step=step,
    )
