"""The verb task: ask a person to do something, and wait for the outcome that they report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import text

from flows.runtime.contract.ask import Answered, Ask, Asked, Paused, ResumingEvent, StepResult, Stuck, Turn
from flows.runtime.contract.errors import NoOwner
from models import MessageKind
from models.database import to_json
from models.leads.unread import open_unread, unread_mail_data
from models.mail.queue import NewMessage
from models.playbook import Playbook, current_playbook
from models.response.sla_clocks import sla_clocks
from models.tasks.form import unknown_fields
from models.tasks.requests import mail_data, open_requests

OWNERS = text("""
SELECT n.run_id, rep.id, rep.email, nextval(pg_get_serial_sequence('task', 'id'))
FROM unnest(CAST(:runs AS bigint[]), CAST(:contacts AS bigint[])) AS n (run_id, contact_id)
JOIN contact ON contact.id = n.contact_id LEFT JOIN rep ON rep.id = contact.owner_id
""")

WRITE = text("""
INSERT INTO task (id, run_id, number, contact_id, journey, name, template, rep_id, assignee, outcomes, form, data,
                  created_at, due_at, remind_at)
SELECT n.id, n.run_id, n.number, n.contact_id, :journey, n.name, n.template, n.rep_id, n.assignee,
       CAST(n.outcomes AS jsonb), CAST(n.form AS jsonb), CAST(n.data AS jsonb), :now, n.due_at, n.due_at
FROM unnest(CAST(:ids AS bigint[]), CAST(:runs AS bigint[]), CAST(:numbers AS int[]), CAST(:contacts AS bigint[]),
            CAST(:names AS text[]), CAST(:templates AS text[]), CAST(:reps AS bigint[]), CAST(:assignees AS text[]),
            CAST(:outcomes AS text[]), CAST(:forms AS text[]), CAST(:data AS text[]), CAST(:dues AS timestamptz[]))
     AS n (id, run_id, number, contact_id, name, template, rep_id, assignee, outcomes, form, data, due_at)
""")


@dataclass(slots=True)
class TaskStep(Ask):
    """Answers the outcome that the person chose, or None when `within` has passed without one."""

    template: str = ""
    due: timedelta = timedelta(days=1)
    outcomes: tuple[str, ...] = ()
    within: timedelta | None = None
    to: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    form: tuple[str, ...] = ()

    verb: ClassVar[str] = "task"

    def possible_answers(self) -> tuple[str | None, ...]:
        """Every outcome, and None if there is a deadline."""
        return self.outcomes if self.within is None else (*self.outcomes, None)

    def playbook_problem(self, playbook: Playbook) -> str | None:
        """Fields of the form that contacts do not have."""
        return unknown_fields(self.form, playbook)

    def resume(self, event: ResumingEvent | None) -> Answered:
        """The outcome that was reported; None, by no event, when `within` has passed."""
        if event is None:
            return Answered(None, {"silence": True})
        reported = event.data
        fact = {"task": event.subject_id, "notes": reported.get("notes")}
        if answers := reported.get("answers"):
            fact["answers"] = answers
        return Answered(reported["outcome"], fact)

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """Insert the tasks and queue the emails about them, for the whole group."""
        playbook = current_playbook(turn.connection) if any(one.step.form for one in asked) else None
        owners = _owners(turn, asked)
        again = _asked_again(turn, asked, owners)
        built = [_task_row(turn, one, owner, playbook, again) for one, owner in zip(asked, owners, strict=True)]
        rows = [row for row in built if isinstance(row, dict)]
        if rows:
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            turn.connection.execute(WRITE, columns | {"journey": turn.journey, "now": turn.now})
        unread = _unread(turn, asked)
        return [
            row if isinstance(row, Stuck) else _queue_email(turn, one, row, again, unread.get(one.contact_id, {}))
            for one, row in zip(asked, built, strict=True)
        ]


_Owner = tuple[int | None, str | None, int]
"""Number and address of the owner, None without one, and an id for the task."""


def _owners(turn: Turn, asked: Sequence[Asked]) -> list[_Owner]:
    """For each run the owner's id and address, None without an owner, and an id for the task."""
    ids = {"runs": [one.run_id for one in asked], "contacts": [one.contact_id for one in asked]}
    found = {
        run_id: (rep_id, email, task_id) for run_id, rep_id, email, task_id in turn.connection.execute(OWNERS, ids)
    }
    return [found[one.run_id] for one in asked]


class _AskedAgain(NamedTuple):
    """What a new task owes to requests that came before it and are not answered yet."""

    due_at: datetime
    """By when the service level wants an answer."""
    mail_data: dict[str, object]


def _asked_again(turn: Turn, asked: Sequence[Asked], owners: Sequence[_Owner]) -> dict[int, _AskedAgain]:
    """For each run whose contact has asked again, and whose task is for the owner."""
    requests = open_requests(turn.connection, [one.contact_id for one in asked])
    if not requests:
        return {}
    playbook = current_playbook(turn.connection)
    sla, zone = sla_clocks(turn.connection, playbook, [owner[0] for owner in owners]), playbook.company.time_zone
    return {
        one.run_id: _AskedAgain(sla.due_at(owner[0], turn.now), mail_data(requests[one.contact_id], zone))
        for one, owner in zip(asked, owners, strict=True)
        if one.contact_id in requests and not one.step.to
    }


def _task_row(
    turn: Turn, one: Asked, owner: _Owner, playbook: Playbook | None, again: Mapping[int, _AskedAgain]
) -> dict[str, Any] | Stuck:
    """The row of a task; Stuck when nobody can be asked to do it."""
    ask: TaskStep = one.step
    rep_id, email, task_id = (None, ask.to, owner[2]) if ask.to else owner
    if email is None:
        return Stuck(str(NoOwner(ask.name)))
    if ask.form and playbook is not None and (reason := ask.playbook_problem(playbook)):
        return Stuck(reason)
    due_at = turn.now + ask.due
    return {
        "ids": task_id,
        "runs": one.run_id,
        "numbers": one.number,
        "contacts": one.contact_id,
        "names": ask.name,
        "templates": f"{turn.journey}/{ask.template}",
        "reps": rep_id,
        "assignees": email,
        "outcomes": to_json(ask.outcomes),
        "forms": to_json(ask.form),
        "data": to_json(ask.data),
        "dues": min(due_at, again[one.run_id].due_at) if one.run_id in again else due_at,
    }


def _unread(turn: Turn, asked: Sequence[Asked]) -> dict[int, dict[str, object]]:
    """For each contact of whom something could not be read, what the email about a task says of it."""
    found = open_unread(turn.connection, [one.contact_id for one in asked])
    if not found:
        return {}
    playbook = current_playbook(turn.connection)
    return {contact: unread_mail_data(values, playbook) for contact, values in found.items()}


def _queue_email(
    turn: Turn, one: Asked, row: dict[str, Any], again: Mapping[int, _AskedAgain], unread: dict[str, object]
) -> Paused:
    """Queue the email about a task, with what they have asked for again, and wait for its outcome."""
    data = one.step.data | unread | (again[one.run_id].mail_data if one.run_id in again else {})
    turn.new_messages.append(
        NewMessage(
            one.key,
            one.contact_id,
            one.run_id,
            MessageKind.TASK,
            row["templates"],
            to_address=row["assignees"],
            task_id=row["ids"],
            data=data,
        )
    )
    resume_at = turn.now + one.step.within if one.step.within is not None else None
    return Paused(resume_at, (f"task_done:{row['ids']}",))
