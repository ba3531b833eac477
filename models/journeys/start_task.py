"""Tasks that people ask for, outside of any journey: each is a run of the journey `follow_up_task`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import uuid4

from sqlalchemy import Connection, text

from models.access.ops_names import name_in_mail
from models.events.emit import NewEvent, emit
from models.journeys.runs import RunStart, start_runs_with_data
from models.playbook import current_playbook
from models.playbook.tasks import unknown_kind
from models.values.readers.bad_value import BadValue
from models.values.readers.email_address import clean_email

JOURNEY = "follow_up_task"
USUAL_KIND = "follow_up"
LONGEST_NOTE = 4_000

FIND_REPS = text("SELECT lower(email) AS email, id, active FROM rep WHERE lower(email) = ANY(:addresses)")


class BadTaskRequest(ValueError):
    """A kind that is not there, or nobody who could do the task; the sentence says what to do."""


class TaskData(TypedDict, total=False):
    """What a run of the journey knows of its task."""

    kind: str
    rep_id: int
    """The salesperson who was named."""
    to: str
    """The address that was named, of nobody in the playbook."""
    due_at: str
    """ISO moment."""
    note: str
    by: str
    """Who asks, as mails call them."""


@dataclass(frozen=True, kw_only=True)
class TaskRequest:
    """A task that somebody asks for."""

    contact_id: int
    kind: str = USUAL_KIND
    """As in the playbook, or one that Tend brings."""
    assignee: str | None = None
    """The email of a salesperson, or any address; None: the contact's owner, and where there is none the next one of
    the router."""
    due_at: datetime | None = None
    """None: as the kind says, from the moment at which the assignee gets it."""
    note: str = ""
    by: str
    """Who asks, as people read it."""
    key: str | None = None
    """Names this one request, so that asking twice is asking once; None: it is a new one."""


def start_task(connection: Connection, request: TaskRequest, now: datetime) -> bool:
    """Ask for one task; false when it was asked for before. See `start_tasks`."""
    return bool(start_tasks(connection, [request], now))


def start_tasks(connection: Connection, requests: Sequence[TaskRequest], now: datetime) -> int:
    """Ask for tasks; gives how many are new. The clock brings them within seconds. The caller commits.

    Contacts that are not there are left out. Raises BadTaskRequest, and asks for nothing, when one of them has a kind
    that nobody has defined, an assignee who has left or no address, or a note that is too long.
    """
    if not requests:
        return 0
    _check_kinds(connection, requests)
    named = _named_people(connection, requests)
    starts = [
        RunStart(
            contact_id=request.contact_id, key=f"task:{request.key or uuid4()}", data=dict(_task_data(request, named))
        )
        for request in requests
    ]
    started = set(start_runs_with_data(connection, JOURNEY, starts, exclusive=False, now=now))
    asked = [
        _event(start, request.by)
        for start, request in zip(starts, requests, strict=True)
        if (start.contact_id, start.key) in started
    ]
    emit(connection, asked, now)
    return len(started)


def _check_kinds(connection: Connection, requests: Sequence[TaskRequest]) -> None:
    kinds = current_playbook(connection).tasks.all_kinds
    for kind in {request.kind for request in requests}:
        if problem := unknown_kind(kind, kinds):
            raise BadTaskRequest(problem)
    if any(len(request.note) > LONGEST_NOTE for request in requests):
        raise BadTaskRequest(f"The note is longer than {LONGEST_NOTE:,} characters. Say it shorter.")


def _named_people(connection: Connection, requests: Sequence[TaskRequest]) -> dict[str, TaskData]:
    """What was typed -> whose task it is. Raises BadTaskRequest."""
    typed = {request.assignee for request in requests if request.assignee}
    found = connection.execute(FIND_REPS, {"addresses": [one.strip().lower() for one in typed]})
    reps = {row.email: row for row in found}
    return {one: _person(one, reps.get(one.strip().lower())) for one in typed}


def _person(typed: str, rep: object) -> TaskData:
    if rep is not None:
        if not rep.active:  # type: ignore[attr-defined]
            raise BadTaskRequest(f"{typed} is not active any more, so nobody would do it. Take somebody else.")
        return TaskData(rep_id=rep.id)  # type: ignore[attr-defined]
    try:
        return TaskData(to=clean_email(typed))
    except (BadValue, ValueError):
        raise BadTaskRequest(f"{typed!r} is no salesperson and no email address. Give either.") from None


def _task_data(request: TaskRequest, named: dict[str, TaskData]) -> TaskData:
    data = TaskData(kind=request.kind, by=name_in_mail(request.by))
    if request.assignee:
        data |= named[request.assignee]
    if request.due_at is not None:
        data["due_at"] = request.due_at.isoformat()
    if request.note.strip():
        data["note"] = request.note.strip()
    return data


def _event(start: RunStart, by: str) -> NewEvent:
    """So that the timeline says who asked for what."""
    return NewEvent(
        name="task_requested",
        topic=start.data["kind"],
        contact_id=start.contact_id,
        source="task",
        key=f"task requested:{start.contact_id}:{start.key}",
        data={**start.data, "by": by},
    )
