"""What a person reports on their task: settled once, and told to the journey as an event."""

from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json

# Outcomes that begin so mean that somebody spoke to the lead.
SPOKE = ("Had Call", "Talked")

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
""")


def report(connection: Connection, task_id: int, outcome: str, notes: str, now: datetime) -> bool:
    """Settle an open task; false when it was settled or closed before, which holds against two at once."""
    connection.execute(HOLD, {"task": task_id})
    row = connection.execute(SETTLE, {"task": task_id, "now": now, "outcome": outcome, "notes": notes}).one_or_none()
    if row is None:
        return False
    data = {"task": task_id, "name": row.name, "outcome": outcome, "notes": notes, "by": row.assignee}
    told = {"contact": row.contact_id, "data": to_json(data), "now": now}
    connection.execute(TELL, told | {"name": "task_done", "topic": str(task_id), "key": f"task:{task_id}"})
    if outcome.startswith(SPOKE):
        connection.execute(TELL, told | {"name": "call_connected", "topic": None, "key": f"task:{task_id}:call"})
    return True
