"""Completes a task with its outcome, and emits the events that follow from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.contacts.set_fields import set_fields
from models.database import to_json
from models.events.emit import NewEvent, emit
from models.response.first_contact import CONVERSATION_OUTCOMES, record_contacts
from models.tasks.requests import answer_requests

REFUSAL_OUTCOME = "Not Interested"
"""Outcomes that end so are a refusal, which is emitted as an event so that no journey asks again."""

LOCK_RUN = text("""
-- A run whose wait for the report times out closes the task: the lock puts the two in order.
SELECT id FROM journey_run WHERE id = (SELECT run_id FROM task WHERE id = :task) FOR NO KEY UPDATE
""")

COMPLETE_TASK = text("""
UPDATE task SET done_at = :now, outcome = :outcome, notes = :notes, answers = CAST(:answers AS jsonb), remind_at = NULL
WHERE id = :task AND done_at IS NULL AND closed_at IS NULL
RETURNING contact_id, name, assignee
""")


def lock_run_of_task(connection: Connection, task_id: int) -> None:
    """Lock the run that waits for the task; it is locked before the contact that the report changes."""
    connection.execute(LOCK_RUN, {"task": task_id})


def complete_task(
    connection: Connection,
    task_id: int,
    outcome: str,
    notes: str,
    now: datetime,
    *,
    answers: Mapping[str, Any] | None = None,
    contact_changes: Mapping[str, Any] | None = None,
    seen_request: int | None = None,
) -> bool:
    """Complete an open task; false when it was completed or closed before, also by a concurrent transaction.

    `answers` are the values of the task's form and stay with the task. `contact_changes` are the fields of the contact
    that they change. `seen_request` is the newest repeated request (the id of its event) that its page showed; the
    report answers those up to it, without it all.
    """
    lock_run_of_task(connection, task_id)
    values = {"outcome": outcome, "notes": notes, "answers": to_json(answers or {})}
    row = connection.execute(COMPLETE_TASK, values | {"task": task_id, "now": now}).one_or_none()
    if row is None:
        return False
    if contact_changes:
        set_fields(connection, [row.contact_id], contact_changes, now)
    data = {"task": task_id, "name": row.name, "outcome": outcome, "notes": notes, "by": row.assignee}
    if answers:
        data["answers"] = answers
    # In the same transaction, so that no SLA alert is sent between the report and the reaction to it.
    stored = emit(connection, _events(row.contact_id, task_id, outcome, data), now)
    record_contacts(connection, [event for event in stored if event is not None])
    answer_requests(connection, task_id, seen_request, now)
    return True


def _events(contact: int, task_id: int, outcome: str, data: Mapping[str, Any]) -> list[NewEvent]:
    """What a report tells: that the task is done, and what the outcome says of the customer."""
    events: list[tuple[str, str | None, str]] = [("task_done", str(task_id), f"task:{task_id}")]
    if outcome.startswith(CONVERSATION_OUTCOMES):
        events.append(("call_connected", None, f"task:{task_id}:call"))
    if outcome.endswith(REFUSAL_OUTCOME):
        events.append(("turned_us_down", None, f"task:{task_id}:no"))
    return [
        NewEvent(name=name, topic=topic, contact_id=contact, source="task", key=key, data=data)
        for name, topic, key in events
    ]
