"""What a person reports on their task: settled once, and told to the journey as an event."""

from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json
from models.response.first_contact import SPOKE, note_contacts

HOLD = text("""
-- A turn that is about to give up waiting for the report closes the task: wait until it says so, or make it wait.
SELECT id FROM journey_run WHERE id = (SELECT run_id FROM task WHERE id = :task) FOR NO KEY UPDATE
""")

SETTLE = text("""
UPDATE task SET done_at = :now, outcome = :outcome, notes = :notes, remind_at = NULL
WHERE id = :task AND done_at IS NULL AND closed_at IS NULL
RETURNING contact_id, name, assignee
""")

TELL = text("""
INSERT INTO event (name, topic, contact_id, source, key, data, at)
VALUES (:name, :topic, :contact, 'task', :key, CAST(:data AS jsonb), :now)
ON CONFLICT (key) DO NOTHING
RETURNING id
""")


def report(connection: Connection, task_id: int, outcome: str, notes: str, now: datetime) -> bool:
    """Settle an open task; false when it was settled or closed before, which holds against two at once."""
    connection.execute(HOLD, {"task": task_id})
    row = connection.execute(SETTLE, {"task": task_id, "now": now, "outcome": outcome, "notes": notes}).one_or_none()
    if row is None:
        return False
    data = {"task": task_id, "name": row.name, "outcome": outcome, "notes": notes, "by": row.assignee}
    told = {"contact": row.contact_id, "data": to_json(data), "now": now}
    facts = [told | {"name": "task_done", "topic": str(task_id), "key": f"task:{task_id}"}]
    if outcome.startswith(SPOKE):
        facts.append(told | {"name": "call_connected", "topic": None, "key": f"task:{task_id}:call"})
    # In the same transaction, so that no alarm goes off between the report and the reaction to it.
    note_contacts(connection, [event for fact in facts for event in connection.execute(TELL, fact).scalars()])
    return True
