"""How much is known of the leads that people got in the last thirty days, per person and team, for ops."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from models.database import engine
from models.feedback.levels import by_team, feedback_levels
from web.frame.login import require_ops
from web.frame.pages import page

router = APIRouter()

DAYS = 30


@router.get("/feedback", dependencies=[Depends(require_ops)])
def show_levels(request: Request) -> Response:
    """The feedback level reached; people who got no lead and are asked nothing are left out."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        people = feedback_levels(connection, now - timedelta(days=DAYS), now)
    return page(request, "feedback/levels.html", people=people, teams=by_team(people), days=DAYS)
