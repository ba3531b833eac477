"""Completes a task with its outcome, and emits the events that follow from it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.contacts.set_fields import set_fields
from models.database import to_json
from models.response.first_contact import CONVERSATION_OUTCOMES, record_contacts

REFUSAL_OUTCOME = "Not Interested"
"""How an outcome ends by which somebody turned us down. It is an event, so that no journey goes on asking."""

LOCK_RUN = text("""
-- A turn that is about to give up waiting for the report closes the task: wait until it says so, or make it wait.
SELECT id FROM journey_run WHERE id = (SELECT run_id FROM task WHERE id = :task) FOR NO KEY UPDATE
""")

COMPLETE_TASK = text("""
UPDATE task SET done_at = :now, outcome = :outcome, notes = :notes, answers = CAST(:answers AS jsonb), remind_at = NULL
WHERE id = :task AND done_at IS NULL AND closed_at IS NULL
RETURNING contact_id, name, assignee
""")

EMIT_EVENT = text("""
INSERT INTO event (name, topic, contact_id, source, key, data, at)
VALUES (:name, :topic, :contact, 'task', :key, CAST(:data AS jsonb), :now)
ON CONFLICT (key) DO NOTHING
RETURNING id
""")


def lock_run_of_task(connection: Connection, task_id: int) -> None:
    """Hold the run that waits for the task. Whoever changes the contact with the report holds the run first."""
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
) -> bool:
    """Settle an open task; false when it was settled or closed before, which holds against two at once.

    `answers` are what was given for the fields of the task's form; they stay with the task. `contact_changes` are those
    fields of the contact that they change.
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
    # In the same transaction, so that no alarm goes off between the report and the reaction to it.
    record_contacts(connection, list(_emit(connection, row.contact_id, task_id, outcome, data, now)))
    return True


def _emit(
    connection: Connection, contact: int, task_id: int, outcome: str, data: Mapping[str, Any], now: datetime
) -> Iterator[int]:
    """The events of a report; gives those that are new."""
    values = {"contact": contact, "data": to_json(data), "now": now}
    facts = [values | {"name": "task_done", "topic": str(task_id), "key": f"task:{task_id}"}]
    if outcome.startswith(CONVERSATION_OUTCOMES):
        facts.append(values | {"name": "call_connected", "topic": None, "key": f"task:{task_id}:call"})
    if outcome.endswith(REFUSAL_OUTCOME):
        facts.append(values | {"name": "turned_us_down", "topic": None, "key": f"task:{task_id}:no"})
    for fact in facts:
        yield from connection.execute(EMIT_EVENT, fact).scalars()
