"""The manager's page: how each salesperson does, those behind each number, and what is done about it there."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from models.access.work_link import company_zone, renew_link, worker
from models.database import engine
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import NoPlaybook, current_playbook
from models.routing.lead_selection import BadReassignment, LeadSelection, SelectedRep, find_rep, lock_leads_of
from models.routing.reassign import reassign
from models.team.absences import BadAbsence, note_absence
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text
from web.team.people import DAYS, LISTS, MOMENTS, Person, read_list, read_people

router = APIRouter(prefix="/team", dependencies=[Depends(require_ops)])

LONGEST_REASON = 200
MOST_AT_ONCE = 500
NOBODY = "There is no salesperson of this number. /team lists everybody."
NO_TEAM = "There is no team of this name with anybody in it. /team lists all."
TOO_MANY = "{count} leads are more than a page moves at once. Give them away with Reassign leads in Prefect."
INACTIVE = "They are not in the playbook any more, so their link has ended and stays so."


@router.get("")
def show_teams(request: Request) -> Response:
    """Everybody, by team."""
    return _people_page(request, None)


@router.get("/person/{rep_id}")
def show_person(request: Request, rep_id: int, show: str = "", said: str = "") -> Response:
    """One person's numbers, those behind one of them, and what can be done."""
    return _person_page(request, rep_id, show, said=said[:500])


@router.get("/{name}")
def show_team(request: Request, name: str) -> Response:
    """One team."""
    return _people_page(request, name)


@router.post("/person/{rep_id}/reassign", dependencies=[Depends(require_role("work"))])
def reassign_leads(
    request: Request,
    rep_id: int,
    which: Annotated[LeadSelection, Form()],
    to: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Give their leads to somebody, or to whoever the routing rules name; open tasks go along."""
    try:
        with engine().begin() as connection:
            who = _rep(connection, rep_id)
            receiver = find_rep(connection, to) if to.strip() else None
            leads = lock_leads_of(connection, who, which)
            if len(leads) > MOST_AT_ONCE:
                raise BadReassignment(TOO_MANY.format(count=len(leads)))
            reason = validate_text(reason, "The reason", longest=LONGEST_REASON)
            by = audit(
                connection, request, f"reassigned leads of {who.name}", data={"leads": len(leads), "rep": rep_id}
            )
            done = reassign(connection, leads, receiver, by=by.name, reason=reason, now=datetime.now(UTC))
    except (BadReassignment, UnreadableText) as problem:
        return _person_page(request, rep_id, "", problem=str(problem))
    return _back(rep_id, str(done))


@router.post("/person/{rep_id}/absence", dependencies=[Depends(require_role("work"))])
def note_days_away(
    request: Request,
    rep_id: int,
    first_day: Annotated[str, Form()] = "",
    last_day: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Note that they are away: they get no leads on these days."""
    try:
        first, last = (_day(given) for given in (first_day, last_day or first_day))
        reason = validate_text(reason, "The reason", longest=LONGEST_REASON)
        with engine().begin() as connection:
            _rep(connection, rep_id)
            said = note_absence(connection, str(rep_id), first, last, reason or None, datetime.now(UTC))
            audit(connection, request, f"noted that {said}", data={"rep": rep_id})
    except (BadAbsence, UnreadableText) as problem:
        return _person_page(request, rep_id, "", problem=str(problem))
    return _back(rep_id, f"{said}.")


@router.post("/person/{rep_id}/link", dependencies=[Depends(require_role("work"))])
def change_link(request: Request, rep_id: int, action: Annotated[Literal["send", "revoke"], Form()]) -> Response:
    """Send them the link to their page, or end all links from before and send a new one."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        who = _rep(connection, rep_id)
        if not who.active:
            return _person_page(request, rep_id, "", problem=INACTIVE)
        if action == "revoke":
            renew_link(connection, rep_id, now)
        did = "renewed" if action == "revoke" else "sent"
        audit(connection, request, f"{did} the work link of {who.name}", data={"rep": rep_id})
        _mail_link(connection, who, action == "revoke", now)
    ended = "All links from before have ended, and a new one" if action == "revoke" else "The link"
    return _back(rep_id, f"{ended} goes to {who.email}.")


def _mail_link(connection: Connection, who: SelectedRep, is_new: bool, now: datetime) -> None:
    found = worker(connection, who.id)
    assert found
    data = {"first_name": who.name.split()[0], "path": found.path, "is_new": is_new}
    key = f"work link:{who.id}:{now.isoformat()}"
    queue_staff_mail(connection, [StaffMail(key=key, to_address=who.email, template="team/work_link", data=data)], now)


def _rep(connection: Connection, rep_id: int) -> SelectedRep:
    try:
        return find_rep(connection, str(rep_id))
    except BadReassignment:
        raise HTTPException(404, NOBODY) from None


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        found = f"'{given[:40]}' is no day" if given else "No day was given"
        raise UnreadableText(f"{found}. Give the first and the last day, such as 2026-03-02.") from None


def _back(rep_id: int, said: str) -> Response:
    return RedirectResponse(f"/team/person/{rep_id}?{urlencode({'said': said})}", 303)


def _people_page(request: Request, team: str | None) -> Response:
    with engine().connect() as connection:
        people = _read(connection, team=team)
    if team is not None and not people:
        raise HTTPException(404, NO_TEAM)
    teams: dict[str, list[Person]] = {}
    for one in people:
        teams.setdefault(one.team or "Without a team", []).append(one)
    return page(request, "team/team.html", teams=teams, team=team, days=DAYS)


def _person_page(request: Request, rep_id: int, show: str, *, said: str = "", problem: str = "") -> Response:
    chosen = show if show in LISTS else ""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        found = _read(connection, rep=rep_id)
        if not found:
            raise HTTPException(404, NOBODY)
        lines = read_list(connection, rep_id, chosen, now, company_zone(connection)) if chosen else []
    return page(
        request,
        "team/person.html",
        status=422 if problem else 200,
        person=found[0],
        lines=lines,
        heading=LISTS[chosen][0] if chosen else "",
        moments=MOMENTS.get(chosen, ("Received", "First called")),
        said=said,
        problem=problem,
        which=list(LeadSelection),
        days=DAYS,
    )


def _read(connection: Connection, *, rep: int | None = None, team: str | None = None) -> list[Person]:
    try:
        overload = current_playbook(connection).routing.overload
    except NoPlaybook:
        overload = None
    most = overload.overdue_tasks if overload else None
    return read_people(connection, datetime.now(UTC), company_zone(connection), rep=rep, team=team, overload=most)
