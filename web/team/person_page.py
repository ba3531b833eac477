"""The page of one salesperson: the numbers, those behind one of them, and what a manager can do about it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from fastapi import HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from models.access.work_link import company_zone
from models.database import engine
from models.playbook import NoPlaybook, current_playbook
from models.routing.lead_selection import BadReassignment, LeadSelection, SelectedRep, find_rep
from models.routing.take_back import newest_given_away
from models.team.active_reps import active_reps
from web.frame.pages import page
from web.team.people import DAYS, LISTS, MOMENTS, Person, read_list, read_people

NOBODY = "There is no salesperson of this number. /team lists everybody."


def person_page(
    request: Request,
    rep_id: int,
    show: str,
    *,
    said: str = "",
    problem: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    """The page, with what was done, or why nothing was. What was typed into the form stays."""
    chosen = show if show in LISTS else ""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        found = read_everybody(connection, rep=rep_id)
        if not found:
            raise HTTPException(404, NOBODY)
        lines = read_list(connection, rep_id, chosen, now, company_zone(connection)) if chosen else []
        given_away = newest_given_away(connection, rep_id, now)
        reps = active_reps(connection)
    return page(
        request,
        "team/person.html",
        status=422 if problem else 200,
        person=found[0],
        lines=lines,
        show=chosen,
        heading=LISTS[chosen][0] if chosen else "",
        moments=MOMENTS.get(chosen, ("Received", "First called")),
        said=said,
        problem=problem,
        which=list(LeadSelection),
        days=DAYS,
        given_away=given_away if found[0].active else None,
        reps=reps,
        others=[one for one in reps if one.id != rep_id],
        given=given or {},
        key=uuid4().hex,
    )


def read_everybody(connection: Connection, *, rep: int | None = None, team: str | None = None) -> list[Person]:
    """Everybody, or one person, or one team, with their numbers."""
    try:
        overload = current_playbook(connection).routing.overload
    except NoPlaybook:
        overload = None
    return read_people(connection, datetime.now(UTC), company_zone(connection), rep=rep, team=team, overload=overload)


def find_person(connection: Connection, rep_id: int) -> SelectedRep:
    """The salesperson of an address; 404 without one."""
    try:
        return find_rep(connection, str(rep_id))
    except BadReassignment:
        raise HTTPException(404, NOBODY) from None
