"""What ops do with tasks of the list, one, several or all that are shown: remind, give away, close. First it is said
what would happen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy import Connection, text

from models.access.audit import Change
from models.access.ops_names import name_in_mail
from models.database import engine, id_list
from models.journeys.manage_tasks import close_tasks_by_hand, give_tasks, remind_of_tasks
from models.routing.lead_selection import BadReassignment, SelectedRep, find_rep
from models.routing.new_owners import Handover
from models.routing.reassign import reassign
from models.tasks.chosen_tasks import TaskFilter, chosen_task_ids
from web.frame.audit import audit
from web.frame.forms.done import done_response
from web.frame.forms.shown_at import FIELD, ShownAt
from web.frame.login import require_role
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text
from web.frame.who import acting
from web.tasks.worklist import read_filter, tasks_page

router = APIRouter(dependencies=[Depends(require_role("work"))])

Action = Literal["remind", "give", "leads", "close"]
MOST_AT_ONCE = 500
LONGEST_REASON = 200
LONGEST_KEY = 60
NONE_CHOSEN = "No task was ticked. Tick some, or “all of them”."
NOBODY_CHOSEN = "Nobody was chosen who gets them. Choose a colleague."
NO_REASON = "No reason was given. Say in a few words why, for whoever reads it later."
TOO_MANY = f"More than {MOST_AT_ONCE} tasks are more than a page handles at once. Show fewer, by person, team or kind."

PEOPLE = text("""
SELECT DISTINCT coalesce(rep.name, task.assignee) AS name FROM task LEFT JOIN rep ON rep.id = task.rep_id
WHERE task.id = ANY(CAST(:tasks AS bigint[])) ORDER BY name LIMIT 20
""")
CONTACTS = text("SELECT DISTINCT contact_id FROM task WHERE id = ANY(CAST(:tasks AS bigint[])) ORDER BY contact_id")


@dataclass(frozen=True)
class Bulk:
    """One sending of the form."""

    action: Action
    tasks: Sequence[int]
    to: SelectedRep | None
    """None: as the routing rules say."""
    reason: str
    key: str
    by: str
    now: datetime
    shown_at: datetime | None
    """When it was said what would happen."""


@dataclass(frozen=True)
class Done:
    """What was done, or of a plan would be."""

    count: int
    left: int
    said: str
    audited: str
    changes: Sequence[Change] = ()


@router.post("/tasks")
def act_on_tasks(
    request: Request,
    action: Annotated[Action, Form()],
    shown_at: ShownAt,
    number: Annotated[Sequence[int], Form()] = (),
    every: Annotated[str, Form()] = "",
    person: Annotated[str, Form()] = "",
    team: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    overdue: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    go: Annotated[str, Form()] = "",
) -> Response:
    """Do it to the ticked tasks, or with `every` to all of the filter; without `go` only say what would happen.

    Reminding is done at once: it changes nothing but that they have a mail.
    """
    chosen, now = read_filter(person, team, kind, overdue), datetime.now(UTC)
    given = {"to": to, "reason": reason, "action": action}
    with engine().connect() as connection:
        try:
            tasks = _tasks(connection, chosen, number, every == "true", now)
            receiver = _receiver(connection, action, to)
            words = _reason(action, reason)
            bulk = Bulk(action, tasks, receiver, words, key[:LONGEST_KEY], acting(request).name, now, shown_at)
            done = ACTIONS[action](connection, bulk)
        except (BadReassignment, UnreadableText) as problem:
            connection.rollback()
            return tasks_page(request, connection, chosen, problem=str(problem), given=given, ticked=number)
        if action != "remind" and go != "yes":
            connection.rollback()
            return _plan(request, bulk, done, chosen, given)
        about = {"tasks": len(tasks), "reason": words}
        audit(connection, request, done.audited, data=about, changes=done.changes)
        connection.commit()
    return done_response(f"/tasks?{urlencode(chosen.query())}", action, done.count, done.left)


def _plan(request: Request, bulk: Bulk, done: Done, chosen: TaskFilter, given: Mapping[str, str]) -> Response:
    hidden = [
        (FIELD, bulk.now.isoformat()),
        *given.items(),
        *chosen.query().items(),
        *(("number", str(task)) for task in bulk.tasks),
    ]
    back = f"/tasks?{urlencode(chosen.query())}"
    button = {"give": "Give the tasks", "leads": "Give the leads", "close": "Close the tasks"}[bulk.action]
    return page(
        request,
        "team/plan.html",
        path="/tasks",
        hidden=hidden,
        says=done.said,
        button=button,
        back=back,
        count=done.count,
    )


def _remind(connection: Connection, bulk: Bulk) -> Done:
    done = remind_of_tasks(connection, bulk.tasks, by=bulk.by, key=bulk.key or bulk.now.isoformat(), now=bulk.now)
    return Done(done.tasks, done.left, done.said, "reminded of tasks")


def _give(connection: Connection, bulk: Bulk) -> Done:
    if bulk.to is None:
        raise UnreadableText(NOBODY_CHOSEN)
    before = ", ".join(connection.execute(PEOPLE, {"tasks": id_list(bulk.tasks)}).scalars())
    done = give_tasks(connection, bulk.tasks, bulk.to, by=bulk.by, reason=bulk.reason, now=bulk.now)
    says = f"{done.said} The leads stay whose they are. {bulk.to.name} gets one mail."
    changes = [Change("who has them", before, bulk.to.name)]
    return Done(done.tasks, done.left, says if done.tasks else done.said, f"gave tasks to {bulk.to.name}", changes)


def _give_leads(connection: Connection, bulk: Bulk) -> Done:
    leads = list(connection.execute(CONTACTS, {"tasks": id_list(bulk.tasks)}).scalars())
    mailed = Handover(by=name_in_mail(bulk.by), reason=bulk.reason)
    about = {"by": bulk.by, "reason": bulk.reason}
    done = reassign(connection, leads, bulk.to, **about, now=bulk.now, mailed=mailed, shown_at=bulk.shown_at)
    whom = bulk.to.name if bulk.to else "whom routing chooses"
    left = len(done.unchanged) + len(done.pending)
    says, changes = done.sentences(planned=True), [Change("owner", *done.owners)]
    return Done(len(done.assigned), left, says, f"gave the leads of tasks to {whom}", changes)


def _close(connection: Connection, bulk: Bulk) -> Done:
    done = close_tasks_by_hand(connection, bulk.tasks, by=bulk.by, reason=bulk.reason, now=bulk.now)
    says = f"Would be closed without an outcome: {done.said} The journeys that asked for them end there."
    changes = [Change("tasks", "open", "closed without an outcome")]
    return Done(done.tasks, done.left, says if done.tasks else done.said, "closed tasks", changes)


ACTIONS = {"remind": _remind, "give": _give, "leads": _give_leads, "close": _close}


def _tasks(
    connection: Connection, chosen: TaskFilter, number: Sequence[int], every: bool, now: datetime
) -> Sequence[int]:
    tasks = chosen_task_ids(connection, chosen, now, MOST_AT_ONCE + 1) if every else sorted(set(number))
    if len(tasks) > MOST_AT_ONCE:
        raise UnreadableText(TOO_MANY)
    if not tasks or not all(0 < one < 2**63 for one in tasks):
        raise UnreadableText(NONE_CHOSEN)
    return tasks


def _receiver(connection: Connection, action: Action, to: str) -> SelectedRep | None:
    return find_rep(connection, to[:LONGEST_REASON]) if to.strip() and action in ("give", "leads") else None


def _reason(action: Action, typed: str) -> str:
    words = validate_text(typed, "The words of the reason", longest=LONGEST_REASON)
    if not words and action != "remind":
        raise UnreadableText(NO_REASON)
    return words
