"""Completes a task with its outcome, and emits the events that follow from it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.contacts.set_fields import set_fields
from models.database import to_json
from models.response.first_contact import CONVERSATION_OUTCOMES, record_contacts

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

EMIT_EVENT = text("""
INSERT INTO event (name, topic, contact_id, source, key, data, at)
VALUES (:name, :topic, :contact, 'task', :key, CAST(:data AS jsonb), :now)
ON CONFLICT (key) DO NOTHING
RETURNING id
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
) -> bool:
    """Complete an open task; false when it was completed or closed before, also by a concurrent transaction.

    `answers` are the values of the task's form and stay with the task. `contact_changes` are the fields of the contact
    that they change.
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
