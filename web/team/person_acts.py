"""What a manager does on the page of a salesperson: note that they are away, send or end the link to their page."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from models.access.work_link import renew_link, worker
from models.database import engine
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.routing.lead_selection import SelectedRep
from models.team.absences import BadAbsence, note_absence
from web.frame.audit import audit
from web.frame.forms.done import done_response
from web.frame.login import require_role
from web.frame.typed_text import UnreadableText, validate_text
from web.team.person_page import find_person, person_page

router = APIRouter(prefix="/team/person", dependencies=[Depends(require_role("work"))])

LONGEST_REASON = 200
INACTIVE = "They are not in the playbook any more, so their link has ended and stays so."


@router.post("/{rep_id}/absence")
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
        reason = validate_text(reason, "The words of the reason", longest=LONGEST_REASON)
        with engine().begin() as connection:
            find_person(connection, rep_id)
            said = note_absence(connection, str(rep_id), first, last, reason or None, datetime.now(UTC))
            audit(connection, request, f"noted that {said}", data={"rep": rep_id})
    except (BadAbsence, UnreadableText) as problem:
        given = {"first_day": first_day, "last_day": last_day, "absent": reason}
        return person_page(request, rep_id, "", problem=str(problem), given=given)
    return done_response(f"/team/person/{rep_id}", "away")


@router.post("/{rep_id}/link")
def change_link(request: Request, rep_id: int, action: Annotated[Literal["send", "revoke"], Form()]) -> Response:
    """Send them the link to their page, or end all links from before and send a new one."""
    now = datetime.now(UTC)
    with engine().begin() as connection:
        who = find_person(connection, rep_id)
        if not who.active:
            return person_page(request, rep_id, "", problem=INACTIVE)
        if action == "revoke":
            renew_link(connection, rep_id, now)
        did = "renewed" if action == "revoke" else "sent"
        audit(connection, request, f"{did} the work link of {who.name}", data={"rep": rep_id})
        _mail_link(connection, who, action == "revoke", now)
    return done_response(f"/team/person/{rep_id}", did)


def _mail_link(connection: Connection, who: SelectedRep, is_new: bool, now: datetime) -> None:
    found = worker(connection, who.id)
    assert found
    data = {"first_name": who.name.split()[0], "path": found.path, "is_new": is_new}
    key = f"work link:{who.id}:{now.isoformat()}"
    queue_staff_mail(connection, [StaffMail(key=key, to_address=who.email, template="team/work_link", data=data)], now)


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        found = f"'{given[:40]}' is no day" if given else "No day was given"
        raise UnreadableText(f"{found}. Give the first and the last day, such as 2026-03-02.") from None
