"""Mails an open task once more to whoever has it, for somebody whose link to it has ended."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.mail.queue import queue_from
from models.tasks.past import data_for_assignee

EVERY = timedelta(hours=1)
"""How often a task is mailed again at most: nobody's mailbox is filled by others."""

MAIL = f"""
SELECT format('task:%s:again:%s', id, floor(extract(epoch FROM CAST(:now AS timestamptz)) / :every)),
       contact_id, run_id, id, 'task', template, assignee, {data_for_assignee()}
FROM task WHERE id = :task AND done_at IS NULL AND closed_at IS NULL
"""

QUEUE = text(queue_from(MAIL))


def mail_task_again(connection: Connection, task_id: int, now: datetime) -> None:
    """Queue the mail about an open task for its present assignee; nothing for one that is over, or was mailed just now.

    The caller commits.
    """
    connection.execute(QUEUE, {"task": task_id, "now": now, "every": int(EVERY.total_seconds())})
