"""Completes a task with its outcome; `undo.py` tells what follows from it, at once or when it can no longer be taken
back.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.tasks.close import lock_run_of_task
from models.tasks.undo import PendingReport, Reporter, tell_reports

COMPLETE_TASK = text("""
-- A key that was there before is a report that comes twice, perhaps long after it was taken back.
UPDATE task SET done_at = :now, outcome = :outcome, notes = :notes, answers = CAST(:answers AS jsonb), remind_at = NULL,
    emit_at = :emit_at, report = CAST(:report AS jsonb),
    report_keys = report_keys || to_jsonb(array_remove(ARRAY[CAST(:key AS text)], NULL))
WHERE id = :task AND done_at IS NULL AND closed_at IS NULL AND NOT report_keys ? coalesce(CAST(:key AS text), '')
RETURNING id
""")


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
    undo: timedelta = timedelta(0),
    key: str | None = None,
    reporter: Reporter | None = None,
) -> bool:
    """Complete an open task; false when it was completed or closed before, also by a concurrent transaction.

    `answers` are the values of the task's form and stay with the task. `contact_changes` are the fields of the contact
    that they change. `seen_request` is the newest repeated request (the id of its event) that its page showed; the
    report answers those up to it, without it all. For as long as `undo` the report can be taken back; what follows from
    it happens after that. A report whose `key` was taken before is not taken again, also when it was taken back.
    `reporter` is who reported in place of whoever has the task.
    """
    lock_run_of_task(connection, task_id)
    pending = PendingReport(contact_changes or {}, seen_request, reporter)
    values = {
        "task": task_id,
        "now": now,
        "outcome": outcome,
        "notes": notes,
        "answers": to_json(answers or {}),
        "emit_at": now + undo,
        "report": to_json(pending.document),
        "key": key,
    }
    if connection.execute(COMPLETE_TASK, values).first() is None:
        return False
    if not undo:
        tell_reports(connection, now, task_id)
    return True
