"""The manager's page: how each salesperson does, by team, and those behind each number."""

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from models.database import engine
from web.frame.forms.done import JustDone
from web.frame.login import require_ops
from web.frame.pages import page
from web.team.people import DAYS, Person
from web.team.person_page import person_page, read_everybody

router = APIRouter(prefix="/team", dependencies=[Depends(require_ops)])

NO_TEAM = "There is no team of this name with anybody in it. /team lists all."
DONE = {
    "moved": "{leads} went to others, each new owner has one mail.",
    "back": "{leads} came back, with their open tasks.",
    "away": "The absence is noted.",
    "sent": "The link is on its way to them.",
    "renewed": "All links from before have ended, and a new one is on its way to them.",
    "remind": "{tasks}: whoever has them has a mail.",
    "leads": "{leads} went to others, with their open tasks.",
}
"""What was done -> how it is said."""


@router.get("")
def show_teams(request: Request) -> Response:
    """Everybody, by team."""
    return _people_page(request, None)


@router.get("/person/{rep_id}")
def show_person(request: Request, rep_id: int, done: JustDone, show: str = "") -> Response:
    """One person's numbers, those behind one of them, and what can be done."""
    return person_page(request, rep_id, show, said=done.sentence(DONE))


@router.get("/{name}")
def show_team(request: Request, name: str) -> Response:
    """One team."""
    return _people_page(request, name)


def _people_page(request: Request, team: str | None) -> Response:
    with engine().connect() as connection:
        people = read_everybody(connection, team=team)
    if team is not None and not people:
        raise HTTPException(404, NO_TEAM)
    teams: dict[str, list[Person]] = {}
    for one in people:
        teams.setdefault(one.team or "Without a team", []).append(one)
    return page(request, "team/team.html", teams=teams, team=team, days=DAYS)
