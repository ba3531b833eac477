"""Giving the leads of a salesperson to others: first it is said what would happen; for a day there is a way back."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from models.access.audit import Change
from models.access.ops_names import name_in_mail
from models.database import engine
from models.routing.lead_selection import BadReassignment, LeadSelection, find_rep, lock_leads_of
from models.routing.new_owners import Handover
from models.routing.reassign import reassign
from models.routing.take_back import take_back
from web.frame.audit import audit
from web.frame.forms.done import done_response
from web.frame.login import require_role
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text
from web.frame.who import acting
from web.team.person_page import find_person, person_page

router = APIRouter(prefix="/team/person", dependencies=[Depends(require_role("work"))])

LONGEST_REASON = 200
MOST_AT_ONCE = 500
TOO_MANY = "{count} leads are more than a page moves at once. Give them away with Reassign leads in Prefect."
NO_MOMENT = "There is nothing to take back: no leads went from them to others at this moment."


@router.post("/{rep_id}/reassign")
def reassign_leads(
    request: Request,
    rep_id: int,
    which: Annotated[LeadSelection, Form()],
    to: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    go: Annotated[str, Form()] = "",
) -> Response:
    """Give their leads to somebody, or to whoever the routing rules name; open tasks go along.

    Without `go` it is only said what would happen: all is done, and taken back at once.
    """
    given, now = {"which": str(which), "to": to, "reason": reason}, datetime.now(UTC)
    try:
        with engine().connect() as connection:
            who = find_person(connection, rep_id)
            receiver = find_rep(connection, to) if to.strip() else None
            leads = lock_leads_of(connection, who, which)
            if len(leads) > MOST_AT_ONCE:
                raise BadReassignment(TOO_MANY.format(count=len(leads)))
            words, by = validate_text(reason, "The words of the reason", longest=LONGEST_REASON), acting(request).name
            mailed = Handover(by=name_in_mail(by), reason=words)
            done = reassign(connection, leads, receiver, by=by, reason=words, now=now, mailed=mailed)
            if go != "yes":
                connection.rollback()
                says = f"{who.name}, {which}: {done.sentences(planned=True)}"
                return _plan(request, rep_id, says, len(done.assigned) + len(done.pending), given)
            about = {"leads": len(done.assigned), "rep": rep_id, "reason": words}
            changes = [Change("owner", *done.owners)]
            audit(connection, request, f"reassigned leads of {who.name}", data=about, changes=changes)
            connection.commit()
    except (BadReassignment, UnreadableText) as problem:
        return person_page(request, rep_id, "", problem=str(problem), given=given)
    return done_response(f"/team/person/{rep_id}", "moved", len(done.assigned), len(done.unchanged))


@router.post("/{rep_id}/take-back")
def take_leads_back(request: Request, rep_id: int, at: Annotated[str, Form()] = "") -> Response:
    """Give them the leads back that went to others at a moment of this day; what went on from there stays."""
    try:
        with engine().begin() as connection:
            who, by = find_person(connection, rep_id), acting(request).name
            done = take_back(connection, who, _moment(at), by=by, now=datetime.now(UTC))
            if not done.assigned:
                raise BadReassignment(NO_MOMENT)
            about, changes = {"leads": len(done.assigned)}, [Change("owner", *done.owners)]
            audit(connection, request, f"took leads back for {who.name}", data=about, changes=changes)
    except BadReassignment as problem:
        return person_page(request, rep_id, "", problem=str(problem))
    return done_response(f"/team/person/{rep_id}", "back", len(done.assigned))


def _plan(request: Request, rep_id: int, says: str, count: int, given: dict[str, str]) -> Response:
    """The page that says what would happen, with the button that does it."""
    path = f"/team/person/{rep_id}"
    about: dict[str, Any] = {"hidden": list(given.items()), "says": says, "count": count, "back": path}
    return page(request, "team/plan.html", path=f"{path}/reassign", button="Give the leads", **about)


def _moment(given: str) -> datetime:
    try:
        at = datetime.fromisoformat(given)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError:
        raise BadReassignment(NO_MOMENT) from None
