"""Open tasks follow a lead to its new owner."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import id_list
from models.mail.queue import queue_from
from models.tasks.last_said import last_said
from models.tasks.past import data_for_assignee

MAILS = f"""
SELECT format('task:%s:moved:%s:%s', id, rep_id,
              (SELECT max(a.id) FROM assignment a WHERE a.contact_id = moved.contact_id)),
       contact_id, run_id, id, 'task', template, assignee,
       {data_for_assignee("moved")} || {last_said("moved.contact_id", "moved.rep_id")}
FROM moved
"""

MAIL_MOVED = text(
    queue_from(MAILS.replace("FROM moved", "FROM task AS moved WHERE id = ANY(CAST(:tasks AS bigint[]))"))
)

_moved: ContextVar[list[int] | None] = ContextVar("moved", default=None)

MOVE_TASKS = text("""
-- A task of a salesperson was its lead's owner's, unless it was given to them by name; those for an address have none.
-- The time that is left stays; whoever gets an overdue task has as long as the first had. Reminders begin anew. A task
-- whose run goes on at this moment is about to be closed, and one that was given to a colleague stays theirs for as
-- long as they are there.
WITH behind AS (
    SELECT task.id, rep.id AS rep_id, rep.email,
           CASE WHEN task.due_at > :now THEN task.due_at ELSE :now + (task.due_at - task.created_at) END AS due_at
    FROM task JOIN contact ON contact.id = task.contact_id JOIN rep ON rep.id = contact.owner_id
    WHERE task.contact_id = ANY(:contacts) AND task.rep_id <> contact.owner_id
      AND task.done_at IS NULL AND task.closed_at IS NULL
      AND (task.delegated_at IS NULL
           OR NOT EXISTS (SELECT FROM rep colleague WHERE colleague.id = task.rep_id AND colleague.active))
      AND NOT EXISTS (
          SELECT FROM journey_run r WHERE r.id = task.run_id AND r.status = 'waiting' AND r.resume_at <= :now
      )
    ORDER BY task.id FOR UPDATE OF task),
moved AS (
    UPDATE task SET rep_id = behind.rep_id, assignee = behind.email, reminders = 0, delegated_at = NULL,
                    -- What was typed and taken back is not for others.
                    report = DEFAULT, due_at = behind.due_at, remind_at = behind.due_at
    FROM behind WHERE task.id = behind.id
    RETURNING task.id)
SELECT id FROM moved ORDER BY id
""")


def move_open_tasks(connection: Connection, contacts: Sequence[int], now: datetime) -> int:
    """Move open tasks about these contacts to their present owners, and mail them; returns how many moved.

    Tasks that are their owner's already stay as they are, so doing it again changes nothing. The caller commits.
    """
    moved = list(connection.execute(MOVE_TASKS, {"contacts": list(contacts), "now": now}).scalars())
    kept = _moved.get()
    if kept is None:
        mail_moved_tasks(connection, moved, now)
    else:
        kept += moved
    return len(moved)


def mail_moved_tasks(connection: Connection, tasks: Sequence[int], now: datetime) -> None:
    """Mail these tasks, which have just moved, to whoever has them now, each with its instructions."""
    if tasks:
        connection.execute(MAIL_MOVED, {"tasks": id_list(tasks), "now": now})


@contextmanager
def without_mails() -> Iterator[list[int]]:
    """Let tasks move without a mail about each; gives those that moved, of which the caller tells their owners."""
    moved: list[int] = []
    before = _moved.set(moved)
    try:
        yield moved
    finally:
        _moved.reset(before)
