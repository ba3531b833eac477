"""The demo's virtual time: leads come in, runs advance, mail is delivered, and the people of the demo answer."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import text

from deployments.demo.people import DemoLead, DemoReport, LeadAction, draw_report
from deployments.demo.scheduled_jobs import SCHEDULED_JOBS, deliver_now
from deployments.demo.task_answers import fill_in
from flows.operations.mail.count_mail_events import process_now
from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import PAUSE_CLOCKS, RESUME_CLOCKS, ScheduledJob, run_due
from models import Suppression
from models.database import engine
from models.events.emit import NewEvent, emit
from models.mail.suppression import suppress
from models.mail.tracking.own_pixel import store_own_event
from models.tables.mail_event import MailEventKind
from models.tasks.outcome import complete_task

STEP = timedelta(hours=4)
"""How finely journeys move: fine enough for a story of weeks. Alarms, nights and checks have moments of their own."""

OPEN_TO_CLICK = timedelta(seconds=20)
"""From opening a mail to following its link."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"

# A mail may wait for its hours: people answer what they have got.
NEW_MAILS = text("""
SELECT m.id, m.template, c.id AS contact_id, c.email, c.job_title, c.employees
FROM message m JOIN contact c ON c.id = m.contact_id
WHERE m.sent_at = :now AND m.kind IN ('marketing', 'transactional') ORDER BY m.id
""")

NEW_TASKS = text("""
SELECT t.id, t.outcomes, t.form, c.id AS contact_id, c.email, c.job_title, c.employees
FROM task t JOIN contact c ON c.id = t.contact_id
WHERE t.id > :last ORDER BY t.id
""")

Action = Callable[[datetime], object]


@contextmanager
def pause_clocks() -> Iterator[None]:
    """Hold the lock by which the clocks of the stack pause, for as long as the demo moves the time."""
    with engine().connect() as connection:
        connection.exec_driver_sql(PAUSE_CLOCKS)
        connection.commit()
        try:
            yield
        finally:
            # The connection goes back to its pool, and would keep the lock there.
            connection.exec_driver_sql(RESUME_CLOCKS)
            connection.commit()


@dataclass
class Simulation:
    """The state of the demo between two moments."""

    now: datetime
    people: dict[int, DemoLead] = field(default_factory=dict)
    scheduled: list[tuple[datetime, int, Action]] = field(default_factory=list)
    sequence: Iterator[int] = field(default_factory=count)
    last_task: int = 0

    def schedule(self, at: datetime, action: Action) -> None:
        """Add an action to be run at a moment."""
        heapq.heappush(self.scheduled, (at, next(self.sequence), action))

    def run_until(self, end: datetime) -> Iterator[timedelta]:
        """Advance from one due moment to the next until `end`; yields how much time each advance took."""
        while self.now < end:
            step = min(self.now + STEP, end)
            while self.now < step:
                before = self.now
                self.now, jobs = self._next(step)
                self._run_due(jobs)
                yield self.now - before

    def _next(self, step: datetime) -> tuple[datetime, list[ScheduledJob]]:
        """The next moment to advance to, at most `step`, and the jobs that are due by then."""
        with engine().connect() as connection:
            due = [(at, job) for job in SCHEDULED_JOBS if (at := job.next_due(connection, self.now))]
        next_at = min([step, *(at for at, _ in due if at > self.now)])
        return next_at, [job for at, job in due if at <= next_at]

    def _run_due(self, jobs: list[ScheduledJob]) -> None:
        """Run every action and job that is due now."""
        while self.scheduled and self.scheduled[0][0] <= self.now:
            at, _, action = heapq.heappop(self.scheduled)
            action(at)
        process_now(self.now)
        run_due(discover(), self.now, jobs)
        deliver_now(self.now)
        self._let_people_answer()

    def _let_people_answer(self) -> None:
        with engine().connect() as connection:
            mails = connection.execute(NEW_MAILS, {"now": self.now}).all()
            tasks = connection.execute(NEW_TASKS, {"last": self.last_task}).all()
        for mail in mails:
            for act in self._person(mail).on_mail(mail.template):
                self._plan_act(mail.contact_id, act, mail.id)
        for task in tasks:
            self.last_task = task.id
            self._plan_report(task)

    def _person(self, row: Any) -> DemoLead:
        address = row.email or str(row.contact_id)
        return self.people.setdefault(row.contact_id, DemoLead(address, row.job_title, row.employees))

    def _plan_act(self, contact: int, act: LeadAction, mail: int | None = None) -> None:
        self.schedule(self.now + act.after, lambda at: _perform(contact, act, at, mail))

    def _plan_report(self, task: Any) -> None:
        person = self._person(task)
        reported = draw_report(task.id, task.outcomes, person.interest)
        if reported is None:
            return
        self.schedule(self.now + reported.after, lambda at: _report(task, reported, at))
        if reported.outcome.endswith("Wants to Buy"):
            for act in person.on_talk_to_buy():
                self._plan_act(task.contact_id, act)


def _perform(contact: int, act: LeadAction, at: datetime, mail: int | None) -> None:
    with engine().begin() as connection:
        if act.event == "link_clicked" and mail is not None:
            for kind, before in ((MailEventKind.OPENED, OPEN_TO_CLICK), (MailEventKind.CLICKED, timedelta(0))):
                store_own_event(connection, kind, mail, at - before, user_agent=BROWSER)
            return
        if act.event == "unsubscribed":
            suppress(connection, [contact], Suppression.UNSUBSCRIBED, at, "demo")
            return
        done = NewEvent(name=act.event, topic=act.topic, contact_id=contact, source="demo", data=act.data or {})
        emit(connection, [done], at)


def _report(task: Any, reported: DemoReport, at: datetime) -> None:
    with engine().begin() as connection:
        answers = fill_in(connection, task.id, task.form, reported.outcome, at)
        complete_task(
            connection, task.id, reported.outcome, reported.notes, at, answers=answers, contact_changes=answers
        )
