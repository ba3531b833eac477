"""The mail of a task once more: for whoever is reminded or gets it from somebody, or whose link to it has ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.mail.queue import NewMessage, queue_from
from models.tables.message import MessageKind
from models.tasks.past import data_for_assignee

EVERY = timedelta(hours=1)
"""How often a task is mailed again at most: nobody's mailbox is filled by others."""

MAIL = f"""
SELECT format('task:%s:again:%s', id, floor(extract(epoch FROM CAST(:now AS timestamptz)) / :every)),
       contact_id, run_id, id, 'task', template, assignee, {data_for_assignee()}
FROM task WHERE id = :task AND done_at IS NULL AND closed_at IS NULL
"""

QUEUE = text(queue_from(MAIL))


def task_mail(task: Any, to_address: str, key: str, about: Mapping[str, object]) -> NewMessage:
    """The mail of a task itself, its instructions, with what else it is `about`; `key` tells it from its others.

    `task` is a row with id, contact_id, run_id, template and data.
    """
    return NewMessage(
        key=f"task:{task.id}:{key}",
        contact_id=task.contact_id,
        run_id=task.run_id,
        kind=MessageKind.TASK,
        template=task.template,
        to_address=to_address,
        task_id=task.id,
        data={**task.data, **about},
    )


def mail_task_again(connection: Connection, task_id: int, now: datetime) -> None:
    """Queue the mail about an open task for its present assignee; nothing for one that is over, or was mailed just now.

    The caller commits.
    """
    connection.execute(QUEUE, {"task": task_id, "now": now, "every": int(EVERY.total_seconds())})
