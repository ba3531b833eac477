"""Open tasks that a call answers: whoever logs a call of a lead reports on the task that asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.contacts.interactions import NOT_INTERESTED, NOT_REACHED, TALKED
from models.response.first_contact import CONVERSATION_OUTCOMES
from models.tasks.undo import REFUSAL_OUTCOME

OPEN = text("""
SELECT task.id, task.contact_id, task.name, task.kind, task.rep_id, coalesce(rep.name, task.assignee) AS who,
       task.due_at, task.outcomes, task.form, task.mails
FROM task LEFT JOIN rep ON rep.id = task.rep_id
WHERE task.contact_id = :contact AND task.done_at IS NULL AND task.closed_at IS NULL
  AND (CAST(:rep AS bigint) IS NULL OR task.rep_id = :rep)
ORDER BY task.due_at, task.id
""")


REPORTED = text("""
SELECT EXISTS (SELECT FROM task WHERE contact_id = :contact AND report_keys ? CAST(:key AS text))
""")


@dataclass(frozen=True)
class CallTask:
    """An open task whose outcomes say what came of a call."""

    id: int
    contact_id: int
    name: str
    kind: str | None
    rep_id: int | None
    who: str
    """Whose it is: a salesperson's name, or an address."""
    due_at: datetime
    outcomes: Sequence[str]
    form: Sequence[str]
    mails: dict[str, list[str]]
    """Outcome -> the templates of the mails that go out after it."""

    def outcome_for(self, logged: str) -> str | None:
        """The outcome that means what came of a logged call, one of CALL_OUTCOMES; None where several could."""
        talks = [one for one in self.outcomes if one.startswith(CONVERSATION_OUTCOMES)]
        fitting = {
            NOT_REACHED: [one for one in self.outcomes if one.startswith(NOT_REACHED)],
            NOT_INTERESTED: [one for one in talks if one.endswith(REFUSAL_OUTCOME)],
            TALKED: [one for one in talks if not one.endswith(REFUSAL_OUTCOME)],
        }.get(logged, [])
        return fitting[0] if len(fitting) == 1 else None


def was_reported(connection: Connection, contact: int, key: str) -> bool:
    """Whether a call with this key has been reported on a task about the contact, also where it was taken back."""
    return bool(connection.execute(REPORTED, {"contact": contact, "key": key}).scalar())


def open_call_tasks(connection: Connection, contact: int, rep: int | None = None) -> list[CallTask]:
    """The open tasks about a contact that a call answers, the first due first; only those of a salesperson if named."""
    rows = connection.execute(OPEN, {"contact": contact, "rep": rep})
    found = [CallTask(*row) for row in rows]
    return [one for one in found if any(outcome.startswith(CONVERSATION_OUTCOMES) for outcome in one.outcomes)]
