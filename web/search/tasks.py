"""Open tasks: those of the contacts that were found, and those whose name fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import id_list
from models.display_name import DISPLAY_NAME
from web.search.contacts import like

AT_MOST = 8

# Names of tasks are few and repeat: which of them fit is asked first, by what an index of open tasks holds in order.
TASKS = text(f"""
WITH fitting AS MATERIALIZED (
    (SELECT id FROM task WHERE done_at IS NULL AND closed_at IS NULL
       AND contact_id = ANY(CAST(:contacts AS bigint[])) LIMIT {AT_MOST})
    UNION
    (SELECT id FROM (SELECT id, name FROM task WHERE done_at IS NULL AND closed_at IS NULL
                     ORDER BY due_at LIMIT 5000) AS next
     WHERE lower(name) LIKE :words LIMIT {AT_MOST}))
SELECT task.id, task.name, task.contact_id, {DISPLAY_NAME} AS who, coalesce(rep.name, task.assignee) AS assignee,
       task.due_at
FROM fitting JOIN task USING (id) JOIN contact ON contact.id = task.contact_id LEFT JOIN rep ON rep.id = task.rep_id
ORDER BY task.contact_id = ANY(CAST(:contacts AS bigint[])) DESC, task.due_at, task.id LIMIT {AT_MOST}
""")


@dataclass(frozen=True)
class FoundTask:
    """An open task that fits."""

    id: int
    name: str
    contact_id: int
    who: str
    assignee: str
    due_at: datetime


def find_tasks(connection: Connection, typed: str, contacts: Sequence[int]) -> list[FoundTask]:
    """Those of these contacts first; of the others those that are due soonest."""
    about = {"contacts": id_list(contacts), "words": f"%{like(typed.lower())}%"}
    return [FoundTask(*row) for row in connection.execute(TASKS, about)]
