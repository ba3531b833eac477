"""Actions for all contacts that the list has found: choose, look at what it would do, confirm; and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.bulk_actions.actions import (
    KINDS,
    BadChoice,
    Preview,
    Selection,
    ask_for,
    newest_actions,
    preview,
    read_action,
    stop_action,
)
from models.bulk_actions.decide_mail import DECISIONS
from models.bulk_actions.set_field import settable
from models.bulk_actions.start_journey import startable
from models.conditions.parse import BadCondition
from models.contacts.views.known import known_words
from models.database import engine
from models.playbook import current_playbook
from models.values.sanitize import is_storable
from web.contacts.list.asked import Asked, read_asked
from web.contacts.qualification import GivenAnswers
from web.frame.audit import audit
from web.frame.login import require_role
from web.frame.pages import page
from web.frame.who import acting

router = APIRouter(dependencies=[Depends(require_role("work"))])

SHOWN = 50
"""Actions in the list of them."""
LONGEST = 4_000
TITLES = {
    "journey": "Start a journey",
    "assign": "Assign",
    "task": "Give a task",
    "field": "Set a field",
    "mail": "Stop mail",
}
"""Kind of action -> how its form is called."""
PAST = {
    "journey": "started a journey for many",
    "assign": "assigned many contacts",
    "task": "gave a task about many contacts",
    "field": "set a field of many contacts",
    "mail": "decided on mail to many contacts",
}
"""The same as the audit says it, after a name."""
FIELDS = ("journey", "rep", "router", "reason", "task", "note", "field", "value", "decision")
"""What the forms send."""

REPS = text("SELECT id, name FROM rep WHERE active ORDER BY name, id")
ROUTERS = text("SELECT name FROM router ORDER BY name")


@dataclass(frozen=True)
class Select:
    """Something that is chosen from a list, or typed where there is none."""

    name: str
    label: str
    choices: Mapping[str, str] | None = None
    longest: int = 500


@router.get("/contacts/all/{kind}")
def show_form(request: Request, kind: str) -> Response:
    """The form of one kind of action; with everything chosen, what it would do, and the button that does it."""
    _require(kind)
    given = _given(request.query_params)
    with engine().connect() as connection:
        asked = read_asked(known_words(connection), request.query_params, [])
        seen: Preview | None = None
        problem = None
        try:
            _ = asked.conditions
            if "look" in request.query_params:
                seen = preview(connection, kind, _selection(asked), given)
        except (BadChoice, BadCondition) as error:
            problem = str(error)
        return _form(request, connection, kind, asked, given, seen, problem)


@router.post("/contacts/all/{kind}")
def do(request: Request, kind: str, form: GivenAnswers) -> Response:
    """Ask for it; the clock does it, in batches. The same sending twice is one action."""
    _require(kind)
    who, given = acting(request), _given(form)
    with engine().begin() as connection:
        asked = read_asked(known_words(connection), form, [])
        key = f"page:{form.get('once', '')[:64] or uuid4().hex}"
        try:
            action, is_new = ask_for(
                connection,
                kind,
                _selection(asked),
                given,
                by=who.name,
                key=key,
                now=datetime.now(UTC),
                login_id=who.login_id,
            )
        except (BadChoice, BadCondition) as error:
            return _form(request, connection, kind, asked, given, None, str(error))
        if is_new:
            said = {"where": asked.where, "search": asked.q, **{name: value for name, value in given.items() if value}}
            audit(connection, request, PAST[kind], data=said | {"action": action})
    return RedirectResponse(f"/contacts/actions/{action}", 303)


@router.get("/contacts/actions")
def show_actions(request: Request) -> Response:
    """The newest actions, whoever asked for them."""
    with engine().connect() as connection:
        return page(request, "contacts/bulk_actions.html", actions=newest_actions(connection, SHOWN), titles=TITLES)


@router.get("/contacts/actions/{action_id}")
def show_action(request: Request, action_id: int) -> Response:
    """One action: what it does, how far it is."""
    with engine().connect() as connection:
        action = read_action(connection, action_id) if 0 < action_id < 2**63 else None
        if action is None:
            raise HTTPException(404, "There is no such action.")
        asked = read_asked(known_words(connection), {"where": action.condition, "q": action.search}, [])
        try:
            sentence = KINDS[action.kind].sentence(connection, action.choices)
        except (BadChoice, LookupError):
            sentence = TITLES.get(action.kind, action.kind)
    refresh = {} if action.finished_at else {"refresh": "3"}
    return page(request, "contacts/bulk_action.html", headers=refresh, action=action, asked=asked, sentence=sentence)


@router.post("/contacts/actions/{action_id}/stop")
def stop(request: Request, action_id: int) -> Response:
    """End it after the batch that is under way."""
    with engine().begin() as connection:
        if 0 < action_id < 2**63 and stop_action(connection, action_id, datetime.now(UTC)):
            audit(connection, request, "stopped an action for many contacts", data={"action": action_id})
    return RedirectResponse(f"/contacts/actions/{action_id}", 303)


def _require(kind: str) -> None:
    if kind not in KINDS:
        raise HTTPException(404, "There is no such action for contacts.")


def _given(sent: Mapping[str, Any]) -> dict[str, str]:
    given = {name: str(sent.get(name) or "").strip()[: LONGEST + 1] for name in FIELDS}
    if not all(is_storable(value) for value in given.values()):
        raise HTTPException(422, "A text has a null byte or half a character in it. Delete it and send again.")
    return given


def _selection(asked: Asked) -> Selection:
    return Selection(asked.where, asked.q)


def _form(
    request: Request,
    connection: Connection,
    kind: str,
    asked: Asked,
    given: Mapping[str, str],
    seen: Preview | None,
    problem: str | None,
) -> Response:
    return page(
        request,
        "contacts/bulk_form.html",
        status=422 if problem else 200,
        kind=kind,
        title=TITLES[kind],
        titles=TITLES,
        asked=asked,
        selects=_selects(connection, kind),
        given=given,
        seen=seen,
        problem=problem,
        once=uuid4().hex,
    )


def _selects(connection: Connection, kind: str) -> list[Select]:
    """What is to be chosen."""
    reps = {str(rep.id): rep.name for rep in connection.execute(REPS)}
    reason = Select("reason", "Why (for the timeline)")
    match kind:
        case "journey":
            return [Select("journey", "Journey", {outline.name: outline.title for outline in startable()})]
        case "assign":
            routers = {name: name for name in connection.execute(ROUTERS).scalars()}
            return [
                Select("rep", "Salesperson", {"": "Whom a router chooses", **reps}),
                Select("router", "Router", {"": "None", **routers}),
                reason,
            ]
        case "task":
            kinds = current_playbook(connection).tasks.all_kinds
            return [
                Select("task", "Task", {name: one.title for name, one in kinds.items() if one.by_hand}),
                Select("rep", "Who does it", {"": "The owner of each", **reps}),
                Select("note", "What is to be done", longest=LONGEST),
            ]
        case "field":
            fields = settable(current_playbook(connection))
            return [
                Select("field", "Field", {name: label[:1].upper() + label[1:] for name, label in fields.items()}),
                Select("value", "Value (empty: nothing)", longest=2_000),
            ]
    decisions = {str(decision): says[:1].upper() + says[1:] for decision, says in DECISIONS.items()}
    return [Select("decision", "They", decisions), reason]
