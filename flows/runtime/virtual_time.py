"""Virtual time for tests, demo and rehearsal: react to events and take turns as the clock does, at moments that the
caller names.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from flows.runtime.definitions.definition import Definitions
from flows.runtime.react import react
from flows.runtime.turn import TurnReport, take_turn
from models.database import VIRTUAL_TIME_LOCK, engine
from models.playbook import current_playbook
from models.routing import next_placement_due, process_queue
from models.routing.offers import expire_due_offers
from models.routing.offers import next_offer_due as next_offer
from models.tasks.undo import REPORT_OF_RUN, next_report, tell_reports

NEXT = text(f"SELECT min(resume_at) FROM journey_run WHERE status = 'waiting' AND NOT {REPORT_OF_RUN}")

DUE = text(f"""
SELECT DISTINCT journey FROM journey_run WHERE status = 'waiting' AND resume_at <= :now AND NOT {REPORT_OF_RUN}
""")

PAUSE_CLOCKS = f"SELECT pg_advisory_lock({VIRTUAL_TIME_LOCK})"
"""Clocks pause while a connection holds this lock."""

RESUME_CLOCKS = f"SELECT pg_advisory_unlock({VIRTUAL_TIME_LOCK})"


@dataclass(frozen=True)
class ScheduledJob:
    """A job besides journeys that becomes due by time, such as an SLA alert or the nightly decay; in real time the
    clock or a schedule runs it.
    """

    next_due: Callable[[Connection, datetime], datetime | None]
    perform: Callable[[datetime], object]


def run_due(definitions: Definitions, now: datetime, jobs: Sequence[ScheduledJob] = ()) -> TurnReport:
    """React to all events, advance all runs and perform all jobs that are due at this moment, until none is left."""
    total = _run_until_idle(definitions, now)
    due = [job for job in jobs if _is_due(job, now)]
    for job in due:
        job.perform(now)
    return total + _run_until_idle(definitions, now) if due else total


def due_moments(start: datetime, end: datetime, jobs: Sequence[ScheduledJob] = ()) -> Iterator[datetime]:
    """The moments up to `end` at which something is due. Each is looked up after the caller has run the one before."""
    now = start
    while (due := next_due(now, jobs)) is not None and due <= end:
        now = max(now, due)
        yield now


def next_due(now: datetime, jobs: Sequence[ScheduledJob] = ()) -> datetime | None:
    """The moment at which the next run or job is due, which may be past; None when nothing ever is."""
    with engine().connect() as connection:
        found = [connection.execute(NEXT).scalar(), next_placement_due(connection), next_offer(connection)]
        found.append(next_report(connection))
        found += [job.next_due(connection, now) for job in jobs]
    return min((due for due in found if due is not None), default=None)


def _is_due(job: ScheduledJob, now: datetime) -> bool:
    with engine().connect() as connection:
        due = job.next_due(connection, now)
    return due is not None and due <= now


def _run_until_idle(definitions: Definitions, now: datetime) -> TurnReport:
    total = TurnReport()
    while (report := _run_batch(definitions, now)) is not None:
        total += report
    return total


def _run_batch(definitions: Definitions, now: datetime) -> TurnReport | None:
    """One batch of events and one turn per journey, each committed; None when there was nothing to do."""
    with engine().begin() as connection:
        told = tell_reports(connection, now)
        reacted = told + react(connection, definitions, current_playbook(connection), now)
        reacted += process_queue(connection, now)
        reacted += expire_due_offers(connection, now)
        due = connection.execute(DUE, {"now": now}).scalars().all()
    total = TurnReport()
    for definition in definitions.values():
        if definition.name in due:
            with engine().begin() as connection:
                total += take_turn(connection, definition, definitions, now)
    return total if reacted or total.advanced else None
