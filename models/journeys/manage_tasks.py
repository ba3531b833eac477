"""What a manager does with open tasks of others: give them to somebody, remind of them, close them with a reason."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, text

from models.access.ops_names import name_in_mail
from models.access.work_link import REP_OF_TASK, TaskLink, sign_work_token
from models.database import id_list
from models.display_name import DISPLAY_NAME
from models.events.emit import NewEvent, emit
from models.journeys.runs import end_runs
from models.mail.managers import LINES_IN_A_MAIL
from models.mail.queue import queue_messages
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook
from models.response.promise import IS_OPEN
from models.routing.lead_selection import BadReassignment, SelectedRep
from models.tasks.mail_again import task_mail
from models.tasks.past import data_for_assignee
from models.titles import title_of_journey, title_of_task
from models.wording import counted, duration, moment

CLOSED = "closed by hand"
"""The ending of the run that asked for a task which was closed so."""

LOCK_RUNS = text("""
-- Before the tasks, as whoever reports on one does.
SELECT id FROM journey_run WHERE id IN (SELECT run_id FROM task WHERE id = ANY(CAST(:tasks AS bigint[])))
ORDER BY id FOR NO KEY UPDATE
""")

TASKS = text(f"""
SELECT task.id, task.run_id, task.name, task.kind, task.journey, task.contact_id, task.template, task.assignee,
       task.due_at, {data_for_assignee()} AS data, task.reminders,
       rep.id AS rep_id, rep.name AS person, rep.link_number,
       {DISPLAY_NAME} AS who, nullif(contact.company, {DISPLAY_NAME}) AS company,
       coalesce(rep.time_zone, team.time_zone, :zone) AS zone, contact.owner_id
FROM task JOIN contact ON contact.id = task.contact_id
LEFT JOIN rep ON rep.id = {REP_OF_TASK} LEFT JOIN team ON team.id = rep.team_id
WHERE task.id = ANY(CAST(:tasks AS bigint[])) AND {IS_OPEN}
ORDER BY task.due_at, task.id FOR NO KEY UPDATE OF task
""")

GIVE = text(f"""
-- Whoever gets an overdue task has as long as the first had. Reminders begin anew. Of a lead that is theirs it follows
-- the lead again.
UPDATE task SET rep_id = rep.id, assignee = rep.email, reminders = 0, report = DEFAULT,
    delegated_at = CASE WHEN contact.owner_id IS DISTINCT FROM rep.id THEN CAST(:now AS timestamptz) END,
    due_at = CASE WHEN task.due_at > :now THEN task.due_at ELSE :now + (task.due_at - task.created_at) END,
    remind_at = CASE WHEN task.due_at > :now THEN task.due_at ELSE :now + (task.due_at - task.created_at) END
FROM rep, contact
WHERE task.id = ANY(CAST(:tasks AS bigint[])) AND rep.id = :rep AND contact.id = task.contact_id AND {IS_OPEN}
""")


@dataclass(frozen=True)
class ManagedTasks:
    """What was done, or of a plan would be, with tasks."""

    tasks: int
    left: int
    """Those that were left as they are: over by now, or theirs already."""
    said: str
    """In a sentence."""


def give_tasks(
    connection: Connection, tasks: Sequence[int], to: SelectedRep, *, by: str, reason: str, now: datetime
) -> ManagedTasks:
    """Give open tasks to somebody, who gets one mail about all of them; the leads stay whose they are.

    It is an event of each, with the reason. Raises BadReassignment for who has left. The caller commits.
    """
    if not to.active:
        raise BadReassignment(f"{to.name} is not active and gets no tasks. Name somebody who is in the playbook.")
    found = [task for task in _lock(connection, tasks) if task.rep_id != to.id]
    ids = [task.id for task in found]
    connection.execute(GIVE, {"tasks": id_list(ids), "rep": to.id, "now": now})
    told = {"to": to.name, "reason": reason, "by": by}
    emit(connection, [_event("task_delegated", task, told) for task in found], now)
    given = [task for task in _lock(connection, ids) if task.rep_id == to.id]
    if len(given) == 1:
        about = {"from_colleague": name_in_mail(by), "reason": reason}
        queue_messages(connection, [task_mail(given[0], given[0].assignee, f"given:{now.timestamp()}", about)], now)
    elif given:
        key = f"given:{to.id}:{now.timestamp()}"
        queue_staff_mail(connection, [_list_mail(given, by, key, now, reason=reason)], now)
    tasks_of = Counter(task.person or task.assignee for task in found)
    before = ", ".join(f"{counted(count, 'task')} of {name}" for name, count in tasks_of.most_common())
    left = len(set(tasks)) - len(found)
    return ManagedTasks(len(found), left, f"{before} to {to.name}." if found else f"No task for {to.name} to get.")


def remind_of_tasks(connection: Connection, tasks: Sequence[int], *, by: str, key: str, now: datetime) -> ManagedTasks:
    """Mail whoever has these open tasks, each person once, at once. The same `key` mails nobody twice."""
    found = _lock(connection, tasks)
    by_person: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for task in found:
        by_person[task.assignee].append(task)
    single = [theirs[0] for theirs in by_person.values() if len(theirs) == 1]
    asked = {"asked_by": name_in_mail(by)}
    queue_messages(
        connection, [task_mail(task, task.assignee, f"reminded by hand:{key}", asked) for task in single], now
    )
    lists = [
        _list_mail(theirs, by, f"reminded:{key}:{person}:{_names(theirs)}", now)
        for person, theirs in by_person.items()
        if len(theirs) > 1
    ]
    queue_staff_mail(connection, lists, now)
    people = counted(len(by_person), "person", "people")
    said = f"{people} reminded of {counted(len(found), 'task')}."
    return ManagedTasks(len(found), len(set(tasks)) - len(found), said)


def close_tasks_by_hand(
    connection: Connection, tasks: Sequence[int], *, by: str, reason: str, now: datetime
) -> ManagedTasks:
    """Close open tasks without an outcome, and end the runs that asked for them, which wait for nothing else.

    It is an event of each, with the reason. The caller commits.
    """
    found = _lock(connection, tasks)
    ended = set(end_runs(connection, [task.run_id for task in found], CLOSED, now))
    closed = [task for task in found if task.run_id in ended]
    emit(connection, [_event("task_closed", task, {"reason": reason, "by": by}) for task in closed], now)
    kinds = Counter((title_of_task(task.name, task.kind), title_of_journey(task.journey)) for task in closed)
    listed = ", ".join(f"{count} of {task} ({journey})" for (task, journey), count in kinds.most_common(5))
    more = "" if len(kinds) <= 5 else f" and {counted(len(kinds) - 5, 'other kind')}"
    said = f"{counted(len(closed), 'task')}: {listed}{more}." if closed else "There is no open task among them."
    return ManagedTasks(len(closed), len(set(tasks)) - len(closed), said)


def _names(tasks: Sequence[Row[Any]]) -> str:
    """Names these tasks: others that are ticked on the same showing of a page are another mail."""
    return sha256(repr(sorted(task.id for task in tasks)).encode()).hexdigest()[:16]


def _lock(connection: Connection, tasks: Sequence[int]) -> Sequence[Row[Any]]:
    about = {"tasks": id_list(tasks), "zone": current_playbook(connection).company.time_zone}
    connection.execute(LOCK_RUNS, about)
    return connection.execute(TASKS, about).all()


def _event(name: str, task: Row[Any], data: dict[str, str]) -> NewEvent:
    return NewEvent(
        name=name,
        topic=str(task.id),
        contact_id=task.contact_id,
        source="task",
        data={"task": task.id, "name": task.name} | data,
    )


def _list_mail(tasks: Sequence[Row[Any]], by: str, key: str, now: datetime, reason: str | None = None) -> StaffMail:
    """One mail to the person who has these tasks: they were given to them for a reason, or are only asked about."""
    first, shown = tasks[0], tasks[:LINES_IN_A_MAIL]
    return StaffMail(
        key=f"manager's tasks:{key}",
        to_address=first.assignee,
        template="team/manager_tasks",
        data={
            "lines": [_line(task, now) for task in shown],
            "count": len(tasks),
            "more": len(tasks) - len(shown),
            "by": name_in_mail(by),
            "given": reason is not None,
            "reason": reason or "",
            "work": f"/work/{sign_work_token(first.rep_id, first.link_number)}" if first.rep_id else None,
        },
    )


def _line(task: Row[Any], now: datetime) -> dict[str, object]:
    link = TaskLink(task.id, task.rep_id, task.link_number) if task.rep_id else TaskLink(task.id)
    return {
        "path": f"/tasks/{link.token}",
        "who": task.who,
        "company": task.company,
        "what": title_of_task(task.name, task.kind),
        "due": moment(task.due_at, task.zone),
        "late": duration(now - task.due_at) if task.due_at < now else None,
    }
