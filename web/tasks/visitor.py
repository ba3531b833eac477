"""Whoever opens a link to a task, as far as the link says it: what they may do, and by whose clock they read."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
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
from web.frame.who import Who, who_asks
from web.tasks.task_page import TaskPage


@dataclass(frozen=True)
class Visitor:
    """Who it is."""

    worker: Worker | None
    """Whose link it is; None for ops, and for a mail from before links said it: they get no link to anybody's page."""
    zone: str
    has_moved: bool = False
    """The task was theirs and is somebody else's now."""
    is_unknown: bool = False
    """The task is a salesperson's, and the link does not say whose it is: it is from an old mail."""
    sees_lead: bool = True
    """Not once the task is over and the lead is somebody else's: then they see their report alone."""
    ops: Who | None = None
    """Who of ops opens it."""

    @property
    def name(self) -> str | None:
        """What they are called."""
        return self.worker.name if self.worker else None


def ops_by_number(request: Request, link: TaskLink) -> Who | None:
    """Who of ops opens a link that names nobody, if they may work: on pages for ops the links of tasks are such.

    It is asked before a transaction is open, for it takes a connection of its own.
    """
    who = who_asks(request) if link.rep_id is None else None
    return who if who is not None and who.may("work") else None


def visitor(connection: Connection, link: TaskLink, task: TaskPage, ops: Who | None, now: datetime) -> Visitor:
    """Who opens this task by this link. Raises EndedLink when the link is no longer good for anything."""
    can_undo = task.emit_at is not None and task.emit_at > now
    if link.rep_id is not None:
        found = require_current(worker(connection, link.rep_id), link.link_number)
        sees_lead = task.is_open or can_undo or task.owner_id == link.rep_id
        return Visitor(found, found.zone, has_moved=task.whose_id != link.rep_id, sees_lead=sees_lead)
    zone = usable_zone(task.rep_zone, company_zone(connection))
    if ops is not None:
        return Visitor(None, zone, ops=ops)
    if task.whose_id is not None:
        return Visitor(None, zone, is_unknown=True)
    office = worker_by_email(connection, task.assignee)
    return Visitor(office, zone, sees_lead=task.is_open or can_undo)
