"""Whoever opens a link to a task, as far as the link says it: what they may do, and by whose clock they read."""

from dataclasses import dataclass

from sqlalchemy import Connection

from models.access.work_link import (
    TaskLink,
    Worker,
    company_zone,
    require_current,
    usable_zone,
    worker,
    worker_by_email,
)
from web.tasks.task_page import TaskPage


@dataclass(frozen=True)
class Visitor:
    """Who it is."""

    worker: Worker | None
    """Whose link it is; None for ops, and for a mail from before links said it: they get no link to anybody's page."""
    zone: str
    has_moved: bool = False
    """The task was theirs and is somebody else's now."""

    @property
    def name(self) -> str | None:
        """What they are called."""
        return self.worker.name if self.worker else None


def visitor(connection: Connection, link: TaskLink, task: TaskPage) -> Visitor:
    """Who opens this task by this link. Raises EndedLink when the link is no longer good for anything."""
    if link.rep_id is not None:
        found = require_current(worker(connection, link.rep_id), link.link_number)
        return Visitor(found, found.zone, has_moved=task.rep_id != link.rep_id)
    zone = usable_zone(task.rep_zone, company_zone(connection))
    if task.rep_id is None:
        office = worker_by_email(connection, task.assignee)
        return Visitor(office if office.rep_id is None else None, zone)
    return Visitor(None, zone)
