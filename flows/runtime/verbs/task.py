"""The verb task: ask a person to do something, and wait for the outcome that they report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple, Self

from sqlalchemy import text

from flows.runtime.contract.ask import Answered, Ask, Asked, Paused, ResumingEvent, StepResult, Stuck, Turn
from flows.runtime.contract.errors import NoOwner
from models import MessageKind
from models.database import to_json
from models.leads.unread import open_unread, unread_mail_data
from models.mail.queue import NewMessage
from models.mail.rendering.email import TEMPLATE_FOLDER
from models.playbook import Playbook, current_playbook
from models.playbook.tasks import AROUND_THE_CLOCK, WORKING_HOURS, DueIn, TaskKinds, unknown_kind
from models.response.sla_clocks import SlaClocks, sla_clocks
from models.tasks.form import unknown_fields
from models.tasks.requests import mail_data, open_requests

USUAL_TIME = timedelta(days=1)
"""Until a task is due, where neither the journey nor its kind says it."""

MAIL_BY_KIND = "follow_up_task/by_kind"
"""The mail about a task whose journey has none of its own for it: what its kind says."""

ASSIGNEES = text("""
-- The owner, or the colleague who was named and is still there.
SELECT n.run_id, rep.id, rep.email, coalesce(rep.id <> contact.owner_id, rep.id IS NOT NULL) AS is_delegate,
       nextval(pg_get_serial_sequence('task', 'id'))
FROM unnest(CAST(:runs AS bigint[]), CAST(:contacts AS bigint[]), CAST(:named AS bigint[]))
     AS n (run_id, contact_id, named)
JOIN contact ON contact.id = n.contact_id
LEFT JOIN rep named ON named.id = n.named AND named.active
LEFT JOIN rep ON rep.id = coalesce(named.id, contact.owner_id)
""")

WRITE = text("""
INSERT INTO task (id, run_id, number, contact_id, journey, name, kind, template, rep_id, delegated_at, assignee,
                  outcomes, form, data, mails, created_at, due_at, remind_at)
SELECT n.id, n.run_id, n.number, n.contact_id, :journey, n.name, n.kind, n.template, n.rep_id, n.delegated_at,
       n.assignee, n.outcomes, n.form, n.data, n.mails, :now, n.due_at, n.due_at
FROM jsonb_to_recordset(CAST(:tasks AS jsonb))
     AS n (id bigint, run_id bigint, number int, contact_id bigint, name text, kind text, template text, rep_id bigint,
           delegated_at timestamptz, assignee text, outcomes jsonb, form jsonb, data jsonb, mails jsonb,
           due_at timestamptz)
""")


@dataclass(slots=True)
class TaskStep(Ask):
    """Answers the outcome that the person chose, or None when `within` has passed without one.

    What is empty is as its kind says, once it is `defined`.
    """

    template: str = ""
    due: timedelta | None = None
    outcomes: tuple[str, ...] = ()
    within: timedelta | None = None
    to: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    form: tuple[str, ...] | None = None
    kind: str = ""
    due_in: DueIn | None = None
    rep_id: int | None = None
    """The salesperson who shall do it; None: the contact's owner."""
    due_at: datetime | None = None
    """When it is due, where somebody has named the moment."""

    verb: ClassVar[str] = "task"

    def possible_answers(self) -> tuple[Any, ...]:
        """Every outcome, and None if there is a deadline."""
        return self.outcomes if self.within is None else (*self.outcomes, None)

    def defined(self, kinds: TaskKinds) -> Self:
        """The same step with what its kind says where the journey says nothing.

        A length of time that the journey gives goes by the kind's clock too; without a kind it is around the clock. A
        step with outcomes of its own that is only called like a kind has neither its form nor its clock: journeys from
        before there were kinds ask what they asked.
        """
        kind = kinds.get(self.kind)
        if kind is None:
            return replace(self, kind="", due=self.due or USUAL_TIME, due_in=self.due_in or AROUND_THE_CLOCK)
        is_own = bool(self.outcomes) and self.kind == self.template
        form, due_in = ((), AROUND_THE_CLOCK) if is_own else (kind.form, kind.due_in)
        return replace(
            self,
            due=self.due if self.due is not None else kind.due,
            due_in=self.due_in or due_in,
            outcomes=self.outcomes or kind.outcome_names,
            form=form if self.form is None else self.form,
        )

    def kind_problem(self, kinds: TaskKinds) -> str | None:
        """The sentence about a kind that is not there though the step names it, or needs what it says; else None."""
        is_named = self.kind not in ("", self.template)
        return unknown_kind(self.kind, kinds) if is_named or not self.outcomes else None

    def playbook_problem(self, playbook: Playbook) -> str | None:
        """A kind that is not there, or fields of the form that contacts do not have."""
        kinds = playbook.tasks.all_kinds
        return self.kind_problem(kinds) or unknown_fields(self.defined(kinds).form or (), playbook)

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
        playbook = current_playbook(turn.connection)
        kinds = playbook.tasks.all_kinds
        problems = [one.step.playbook_problem(playbook) for one in asked]
        asked = [replace(one, step=one.step.defined(kinds)) for one in asked]
        assignees = _assignees(turn, asked)
        sla = sla_clocks(turn.connection, playbook, [assignee.rep_id for assignee in assignees])
        again = _asked_again(turn, asked, assignees, sla, playbook.company.time_zone)
        built = [
            Stuck(problem) if problem else _task_row(turn, one, assignee, sla, again)
            for one, assignee, problem in zip(asked, assignees, problems, strict=True)
        ]
        rows = [row for row in built if isinstance(row, dict)]
        if rows:
            turn.connection.execute(WRITE, {"tasks": to_json(rows), "journey": turn.journey, "now": turn.now})
        unread = _unread(turn, asked, playbook)
        return [
            row if isinstance(row, Stuck) else _queue_email(turn, one, row, again, unread.get(one.contact_id, {}))
            for one, row in zip(asked, built, strict=True)
        ]


class _Assignee(NamedTuple):
    """Who shall do a task, and the id that it gets."""

    rep_id: int | None
    email: str | None
    """None: the contact has no owner."""
    is_delegate: bool
    """Was named, and is not the owner."""
    task_id: int


def _assignees(turn: Turn, asked: Sequence[Asked]) -> list[_Assignee]:
    """For each run whom its task is for."""
    ids = {
        "runs": [one.run_id for one in asked],
        "contacts": [one.contact_id for one in asked],
        "named": [one.step.rep_id for one in asked],
    }
    found = {run_id: _Assignee(*rest) for run_id, *rest in turn.connection.execute(ASSIGNEES, ids)}
    return [
        _Assignee(None, one.step.to, False, found[one.run_id].task_id) if one.step.to else found[one.run_id]
        for one in asked
    ]


class _AskedAgain(NamedTuple):
    """What a new task owes to requests that came before it and are not answered yet."""

    due_at: datetime
    """By when the service level wants an answer."""
    mail_data: dict[str, object]


def _asked_again(
    turn: Turn, asked: Sequence[Asked], assignees: Sequence[_Assignee], sla: SlaClocks, zone: str
) -> dict[int, _AskedAgain]:
    """For each run whose contact has asked again, and whose task is for the owner."""
    requests = open_requests(turn.connection, [one.contact_id for one in asked])
    return {
        one.run_id: _AskedAgain(sla.due_at(assignee.rep_id, turn.now), mail_data(requests[one.contact_id], zone))
        for one, assignee in zip(asked, assignees, strict=True)
        if one.contact_id in requests and assignee.rep_id is not None and not assignee.is_delegate
    }


def _task_row(
    turn: Turn, one: Asked, assignee: _Assignee, sla: SlaClocks, again: Mapping[int, _AskedAgain]
) -> dict[str, Any] | Stuck:
    """The row of a task; Stuck when nobody can be asked to do it."""
    ask: TaskStep = one.step
    if assignee.email is None:
        return Stuck(str(NoOwner(ask.name)))
    due_at = _due_at(turn, ask, assignee, sla)
    return {
        "id": assignee.task_id,
        "run_id": one.run_id,
        "number": one.number,
        "contact_id": one.contact_id,
        "name": ask.name,
        "kind": ask.kind or None,
        "template": _template(turn.journey, ask),
        "rep_id": assignee.rep_id,
        "delegated_at": turn.now if assignee.is_delegate else None,
        "assignee": assignee.email,
        "outcomes": ask.outcomes,
        "form": ask.form or (),
        "data": ask.data,
        "mails": turn.mails_after(ask.name),
        "due_at": min(due_at, again[one.run_id].due_at) if one.run_id in again else due_at,
    }


def _due_at(turn: Turn, ask: TaskStep, assignee: _Assignee, sla: SlaClocks) -> datetime:
    """The moment that was named, or after as much time as is given, of the assignee's working time or of any."""
    if ask.due_at is not None:
        return max(ask.due_at, turn.now)
    length = ask.due if ask.due is not None else USUAL_TIME
    return sla.due_after(assignee.rep_id, turn.now, length) if ask.due_in == WORKING_HOURS else turn.now + length


def _template(journey: str, ask: TaskStep) -> str:
    """The journey's own mail about the task; without one, of a kind, the mail that says what the kind says."""
    own = f"{journey}/{ask.template}"
    return MAIL_BY_KIND if ask.kind and not (TEMPLATE_FOLDER / f"{own}.html").exists() else own


def _unread(turn: Turn, asked: Sequence[Asked], playbook: Playbook) -> dict[int, dict[str, object]]:
    """For each contact of whom something could not be read, what the email about a task says of it."""
    found = open_unread(turn.connection, [one.contact_id for one in asked])
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
            row["template"],
            to_address=row["assignee"],
            task_id=row["id"],
            data=data,
        )
    )
    resume_at = turn.now + one.step.within if one.step.within is not None else None
    return Paused(resume_at, (f"task_done:{row['id']}",))
