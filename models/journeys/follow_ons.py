"""What an outcome brings by its kind of task: a further task, a place on a list, another journey.

It is brought when the report is told, so after the time in which it can be taken back.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from models.database import id_list
from models.events.emit import NewEvent, emit
from models.fulfilment.add import FulfilmentRequest, add_to_lists, unknown_list
from models.journeys.start_task import BadTaskRequest, TaskRequest, start_tasks
from models.playbook import Playbook
from models.playbook.tasks import FollowOn
from models.response.sla_clocks import sla_clocks

REPORTS = text("""
-- Reports on tasks of a kind. The event's topic is a number only where the event is our own.
SELECT task.id, task.contact_id, task.run_id, task.kind, task.outcome, task.rep_id, e.at,
       coalesce(rep.name, task.assignee) AS person
FROM event e
JOIN task ON e.source = 'task' AND task.contact_id = e.contact_id
 AND task.id = CASE WHEN e.topic ~ '^[0-9]{1,18}$' THEN e.topic::bigint END
LEFT JOIN rep ON rep.id = task.rep_id
WHERE e.id = ANY(CAST(:events AS bigint[])) AND e.name = 'task_done' AND task.kind IS NOT NULL
ORDER BY e.id
""")


class _Brought(NamedTuple):
    """One thing that a report brings."""

    report: Row[Any]
    number: int
    """Its place among what the outcome brings."""
    what: FollowOn

    @property
    def key(self) -> str:
        """Names it, so that a report which is told twice brings it once."""
        return f"outcome:{self.report.id}:{self.number}"


class JourneyStart(NamedTuple):
    """A contact to put on a journey, and the reason by which it happens once."""

    journey: str
    contact_id: int
    reason: str


def bring_follow_ons(
    connection: Connection, playbook: Playbook, events: Sequence[int], journeys: Collection[str], now: datetime
) -> list[JourneyStart]:
    """Bring the tasks and entries of lists that follow from the reports among these events, each once; gives the
    journeys that the caller is to start.

    `journeys` are the names of all there are. What cannot be brought is noted with the contact, for a person.
    """
    found = list(_follow_ons(connection.execute(REPORTS, {"events": id_list(events)}).all(), playbook))
    _give_tasks(connection, playbook, [one for one in found if one.what.task], now)
    lists = [one for one in found if one.what.list]
    problems = {one: unknown_list(one.what.list or "", playbook) for one in lists}
    add_to_lists(connection, [_entry(one) for one in lists if problems[one] is None], now)
    problems |= {one: _unknown_journey(one) for one in found if one.what.journey and one.what.journey not in journeys}
    emit(connection, [_note(one, problem) for one, problem in problems.items() if problem], now)
    return [
        JourneyStart(one.what.journey, one.report.contact_id, one.key)
        for one in found
        if one.what.journey and one.what.journey in journeys
    ]


def _unknown_journey(one: _Brought) -> str:
    return f"There is no journey '{one.what.journey}': correct its name in the playbook, under `tasks: kinds:`."


def _follow_ons(reports: Sequence[Row[Any]], playbook: Playbook) -> Iterator[_Brought]:
    kinds = playbook.tasks.all_kinds
    for report in reports:
        kind = kinds.get(report.kind)
        for number, what in enumerate(kind.follow_ons(report.outcome) if kind else ()):
            yield _Brought(report, number, what)


def _give_tasks(connection: Connection, playbook: Playbook, wanted: Sequence[_Brought], now: datetime) -> None:
    """Give the further tasks; outcomes that bring one are few, and each is refused by itself."""
    sla = sla_clocks(connection, playbook, [one.report.rep_id for one in wanted])
    for one in wanted:
        due = one.what.due
        request = TaskRequest(
            contact_id=one.report.contact_id,
            kind=one.what.task or "",
            assignee=one.what.to,
            due_at=None if due is None else sla.due_after(one.report.rep_id, max(one.report.at, now), due),
            note=one.what.note or "",
            by=one.report.person,
            key=one.key,
        )
        try:
            start_tasks(connection, [request], now)
        except BadTaskRequest as error:
            emit(connection, [_note(one, str(error))], now)


def _entry(one: _Brought) -> FulfilmentRequest:
    data = {"for": one.what.note} if one.what.note else {}
    return FulfilmentRequest(one.key, one.what.list or "", one.report.contact_id, one.report.run_id, data)


def _note(one: _Brought, problem: str) -> NewEvent:
    words = f"What follows from “{one.report.outcome}” could not be brought. {problem}"
    return NewEvent(
        name="note_added", contact_id=one.report.contact_id, source="task", key=f"{one.key}:note", data={"text": words}
    )
