"""What ops do with leads of a list, one, several or all that are shown: remind of their tasks, give them to others."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import text

from models.access.audit import Change
from models.access.ops_names import name_in_mail
from models.database import engine, id_list
from models.journeys.manage_tasks import remind_of_tasks
from models.routing.lead_selection import BadReassignment, find_rep
from models.routing.new_owners import Handover
from models.routing.reassign import reassign
from web.frame.audit import audit
from web.frame.forms.done import done_response
from web.frame.forms.shown_at import FIELD, ShownAt
from web.frame.login import own_path, require_role
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text
from web.frame.who import acting

router = APIRouter(dependencies=[Depends(require_role("work"))])

MOST_AT_ONCE = 500
LONGEST_REASON = 200
LONGEST_KEY = 60
NONE_CHOSEN = "No lead was ticked. Go back and tick some, or “all of this list”."
NO_TASK = "None of these leads has an open task, so there is nobody to remind. Give them to somebody, or give a task."

OPEN_TASKS = text("""
SELECT id FROM task WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND done_at IS NULL AND closed_at IS NULL
ORDER BY id
""")


@router.post("/team/leads")
def act_on_leads(
    request: Request,
    action: Annotated[Literal["remind", "leads"], Form()],
    shown_at: ShownAt,
    number: Annotated[Sequence[int], Form()] = (),
    shown: Annotated[Sequence[int], Form()] = (),
    every: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/team",
    go: Annotated[str, Form()] = "",
) -> Response:
    """Do it to the ticked leads, or with `every` to all that were shown, then go back to the list.

    Without `go` it is only said what would happen with leads that are given away; a reminder goes at once.
    """
    back, now, by = own_path(back), datetime.now(UTC), acting(request).name
    leads = sorted({one for one in (shown if every == "true" else number) if 0 < one < 2**63})[:MOST_AT_ONCE]
    try:
        if not leads:
            raise UnreadableText(NONE_CHOSEN)
        with engine().connect() as connection:
            if action == "remind":
                tasks = list(connection.execute(OPEN_TASKS, {"contacts": id_list(leads)}).scalars())
                if not tasks:
                    raise UnreadableText(NO_TASK)
                reminded = remind_of_tasks(connection, tasks, by=by, key=key[:LONGEST_KEY] or now.isoformat(), now=now)
                audit(connection, request, "reminded of tasks", data={"tasks": len(tasks)})
                connection.commit()
                return done_response(back, "remind", reminded.tasks)
            receiver = find_rep(connection, to[:LONGEST_REASON]) if to.strip() else None
            words = validate_text(reason, "The words of the reason", longest=LONGEST_REASON)
            mailed = Handover(by=name_in_mail(by), reason=words)
            told = {"by": by, "reason": words}
            done = reassign(connection, leads, receiver, **told, now=now, mailed=mailed, shown_at=shown_at)
            if go != "yes":
                connection.rollback()
                count = len(done.assigned) + len(done.pending)
                given = {"to": to, "reason": words, FIELD: now.isoformat()}
                return _plan(request, done.sentences(planned=True), count, leads, given, back)
            about = {"leads": len(done.assigned), "reason": words}
            audit(connection, request, "gave leads to others", data=about, changes=[Change("owner", *done.owners)])
            connection.commit()
    except (BadReassignment, UnreadableText) as problem:
        return _plan(request, str(problem), 0, [], {}, back, status=422)
    return done_response(back, "leads", len(done.assigned), len(done.unchanged))


def _plan(
    request: Request,
    says: str,
    count: int,
    leads: Sequence[int],
    given: dict[str, str],
    back: str,
    status: int = 200,
) -> Response:
    hidden = [("action", "leads"), ("back", back), *given.items(), *(("number", str(lead)) for lead in leads)]
    about: dict[str, Any] = {"path": "/team/leads", "hidden": hidden, "says": says, "count": count, "back": back}
    return page(request, "team/plan.html", status=status, button="Give the leads", **about)
