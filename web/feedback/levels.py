"""How much is known of the leads that people got in the last thirty days, per person and team, for ops."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import text

from models.database import engine
from models.feedback.levels import by_team, feedback_levels, leads_by_level, unanswered_leads
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter(dependencies=[Depends(require_ops)])

DAYS = 30
NOBODY = "There is no salesperson of this number. /feedback lists everybody."
HEADINGS = {"unanswered": "Asked, no answer yet", "not_asked": "Nothing is known, not asked yet"}

NAME = text("SELECT name FROM rep WHERE id = :rep")


@router.get("/feedback")
def show_levels(request: Request) -> Response:
    """The feedback level reached; people who got no lead and are asked nothing are left out."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        people = feedback_levels(connection, now - timedelta(days=DAYS), now)
    return page(request, "feedback/levels.html", people=people, teams=by_team(people), days=DAYS)


@router.get("/feedback/person/{rep_id}")
def show_leads_of_person(request: Request, rep_id: int, show: str = "") -> Response:
    """The leads behind a number of somebody's."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        name = connection.execute(NAME, {"rep": rep_id}).scalar()
        if name is None:
            raise HTTPException(404, NOBODY)
        if show == "unanswered":
            leads = unanswered_leads(connection, rep_id)
        else:
            since, not_asked = now - timedelta(days=DAYS), show == "not_asked"
            leads = leads_by_level(connection, rep_id, since, now, not_asked=not_asked)
    heading = HEADINGS.get(show, f"Leads that came in {DAYS} days")
    return page(request, "feedback/person.html", name=name, rep_id=rep_id, leads=leads, heading=heading)
