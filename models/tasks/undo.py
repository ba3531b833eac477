"""Reports on tasks that can still be taken back, and telling what follows from them when that time is over.

A report stands on its task at once: it is done, reminders and alerts stop. The events that journeys go on by are
emitted when it can no longer be taken back, with the moment of the report.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DataError, IntegrityError

from models.contacts.set_fields import set_fields
from models.database import id_list, lock_contacts
from models.events.emit import NewEvent, emit
from models.response.first_contact import CONVERSATION_OUTCOMES, record_contacts
from models.tasks.close import close_tasks, lock_run_of_task
from models.tasks.handover import move_open_tasks
from models.tasks.requests import answer_requests

log = logging.getLogger("tend.tasks")

REFUSAL_OUTCOME = "Not Interested"
"""Outcomes that end so are a refusal, which is emitted as an event so that no journey asks again."""

BATCH = 500
"""Reports in one transaction."""

REPORT_OF_RUN = "EXISTS (SELECT FROM task WHERE task.run_id = journey_run.id AND task.emit_at IS NOT NULL)"
"""SQL over journey_run: a report on its task is yet to be told, so its time does not run out."""

NEXT_REPORT = text("SELECT min(emit_at) FROM task WHERE emit_at IS NOT NULL")

LOCK_RUNS = text("""
-- Before the contacts and the tasks, as everywhere. Those that somebody else works on are told by the next round.
SELECT r.id, r.contact_id FROM journey_run r JOIN (
    SELECT run_id FROM task WHERE emit_at <= :now AND (CAST(:task AS bigint) IS NULL OR id = :task)
    ORDER BY emit_at LIMIT :at_most) AS due ON due.run_id = r.id
ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED
""")

TAKE = text("""
UPDATE task SET emit_at = NULL, report = '{}'
FROM (SELECT id, report FROM task WHERE run_id = ANY(CAST(:runs AS bigint[])) AND emit_at <= :now
      ORDER BY id FOR UPDATE) AS due
WHERE task.id = due.id
RETURNING task.id, task.contact_id, task.name, task.assignee, task.outcome, task.notes, task.answers, task.done_at,
          due.report
""")

UNUSABLE_VALUE = (ValueError, TypeError, DataError, IntegrityError)
"""What a report that cannot be told raises, unlike a database that is away."""

TRIED_AGAIN_AFTER = timedelta(hours=1)
"""A report that could not be told."""

POSTPONE = text("UPDATE task SET emit_at = :later WHERE run_id = :run AND emit_at <= :now")

TAKE_BACK = text("""
-- Reminders go on where they were: what came due before the report has been done. What was typed waits for the next.
UPDATE task SET done_at = NULL, outcome = NULL, notes = NULL, answers = '{}', emit_at = NULL,
    report = jsonb_build_object('draft', jsonb_build_object(
        'outcome', before.outcome, 'notes', before.notes, 'answers', before.answers)),
    remind_at = greatest(task.due_at, task.done_at)
FROM (SELECT id, outcome, notes, answers FROM task WHERE id = :task FOR UPDATE) AS before
WHERE task.id = before.id AND task.emit_at > :now
RETURNING task.contact_id, task.run_id
""")


@dataclass(frozen=True)
class Reporter:
    """Who reported a task in place of whoever has it."""

    by: str
    """As people read it."""
    rep_id: int | None = None
    """The salesperson who did it, in whose numbers it counts; None: whoever has the task."""


@dataclass(frozen=True)
class PendingReport:
    """What a report is to write elsewhere when it is told."""

    contact_changes: Mapping[str, Any]
    """Fields of the contact."""
    seen_request: int | None = None
    """The newest repeated request that the page showed; None: all are answered."""
    reporter: Reporter | None = None
    """None: whoever has the task."""

    @property
    def document(self) -> dict[str, Any]:
        """As the task keeps it."""
        document: dict[str, Any] = {"changes": dict(self.contact_changes), "seen": self.seen_request}
        if self.reporter is not None:
            document |= {"by": self.reporter.by, "rep_id": self.reporter.rep_id}
        return document


def next_report(connection: Connection) -> datetime | None:
    """When the next report can no longer be taken back, and is told; None without one."""
    return connection.execute(NEXT_REPORT).scalar()


def tell_reports(connection: Connection, now: datetime, task_id: int | None = None) -> int:
    """Emit the events of reports that can no longer be taken back, and write what they say of their contacts.

    At most a batch, of one task only if it is named; gives how many. Two at once tell nothing twice. The caller
    commits.
    """
    runs = connection.execute(LOCK_RUNS, {"now": now, "task": task_id, "at_most": BATCH}).all()
    if not runs:
        return 0
    lock_contacts(connection, {run.contact_id for run in runs})
    ids = list(dict.fromkeys(run.id for run in runs))
    if task_id is not None:
        return _tell(connection, ids, now)
    try:
        with connection.begin_nested():
            return _tell(connection, ids, now)
    except UNUSABLE_VALUE:
        return sum(_tell_alone(connection, run, now) for run in ids)


def _tell_alone(connection: Connection, run: int, now: datetime) -> int:
    """Tell the reports of one run; those that cannot be told wait, so that they hold up no others."""
    try:
        with connection.begin_nested():
            return _tell(connection, [run], now)
    except UNUSABLE_VALUE as error:
        log.error("The reports of run %s could not be told, and are tried again later.", run, exc_info=error)
        connection.execute(POSTPONE, {"run": run, "now": now, "later": now + TRIED_AGAIN_AFTER})
        return 0


def _tell(connection: Connection, runs: Sequence[int], now: datetime) -> int:
    reports = connection.execute(TAKE, {"runs": id_list(runs), "now": now}).all()
    reports = sorted(reports, key=lambda report: (report.done_at, report.id))
    for report in reports:
        _write_changes(connection, report, now)
    # In the same transaction, so that no SLA alert is sent between the report and the reaction to it.
    stored = emit(connection, [event for report in reports for event in _events(report)], now)
    record_contacts(connection, [event for event in stored if event is not None])
    for report in reports:
        answer_requests(connection, report.id, report.report.get("seen"), now)
    return len(reports)


def take_back(connection: Connection, task_id: int, now: datetime) -> bool:
    """Open a task again whose report is not told yet, as if nobody had reported; its form keeps what was typed.

    False when it is too late, or nothing was reported; then nothing changes. A run that ended meanwhile needs the task
    no more, and a lead that got another owner takes it along. The caller commits.
    """
    lock_run_of_task(connection, task_id)
    found = connection.execute(TAKE_BACK, {"task": task_id, "now": now}).one_or_none()
    if found is None:
        return False
    close_tasks(connection, [found.run_id], now)
    move_open_tasks(connection, [found.contact_id], now)
    return True


def _write_changes(connection: Connection, report: Row[Any], now: datetime) -> None:
    """Set the fields that the report changes. A playbook that has changed meanwhile may have one of them no more."""
    changes = report.report.get("changes")
    if not changes:
        return
    try:
        with connection.begin_nested():
            set_fields(connection, [report.contact_id], changes, now)
    except UNUSABLE_VALUE as error:
        reason = _in_words(error)
        words = f"What was filled in on the task “{report.name}” could not be saved with the lead: {reason}"
        emit(
            connection,
            [NewEvent(name="note_added", contact_id=report.contact_id, source="task", data={"text": words})],
            now,
        )


def _in_words(error: Exception) -> str:
    """Without the values, which the database quotes."""
    if isinstance(error, IntegrityError):
        return "another contact has this address already. If they are one person, merge them."
    return "a value is too large to be stored." if isinstance(error, DataError) else str(error)


def _events(report: Row[Any]) -> Sequence[NewEvent]:
    """What a report tells: that the task is done, and what the outcome says of the customer."""
    data = {
        "task": report.id,
        "name": report.name,
        "outcome": report.outcome,
        "notes": report.notes,
        "by": report.report.get("by") or report.assignee,
    }
    if report.report.get("rep_id") is not None:
        data["rep_id"] = report.report["rep_id"]
    if report.answers:
        data["answers"] = report.answers
    events: list[tuple[str, str | None, str]] = [("task_done", str(report.id), f"task:{report.id}")]
    if report.outcome.startswith(CONVERSATION_OUTCOMES):
        events.append(("call_connected", None, f"task:{report.id}:call"))
    if report.outcome.endswith(REFUSAL_OUTCOME):
        events.append(("turned_us_down", None, f"task:{report.id}:no"))
    return [
        NewEvent(
            name=name,
            topic=topic,
            contact_id=report.contact_id,
            source="task",
            key=key,
            data=data,
            at=report.done_at,
        )
        for name, topic, key in events
    ]
