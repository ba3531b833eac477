"""Plays one journey over its cohort in the throw-away database, in ticks of virtual time, with answers drawn by one
seed.
"""

import heapq
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import count
from math import ceil
from zoneinfo import ZoneInfo

from sqlalchemy import text

from flows.rehearsal.answer_draws import AnswerDraws, TaskAsked
from flows.rehearsal.cohort import Cohort
from flows.rehearsal.copy_rows import RECORDED
from flows.rehearsal.deliver import CapHits, deliver_unrendered
from flows.runtime.definitions.definition import Definition, Definitions
from flows.runtime.run_start import start_runs
from flows.runtime.virtual_time import next_due, run_due
from models.database import engine
from models.events.emit import COLUMNS_WITH_HISTORY, NewEvent, emit, emit_from, withhold
from models.mail.claim import next_due as next_message
from models.mail.suppression import suppress
from models.mail.tracking import next_events_due, process_mail_events
from models.mail.tracking.own_pixel import store_own_events
from models.playbook import current_playbook
from models.scoring.nightly import decay_all_scores
from models.scoring.recount import recount
from models.tables.contact import Suppression
from models.tables.mail_event import MailEventKind
from models.tasks.outcome import complete_task

TICK = timedelta(hours=4)
"""How finely time moves. What happens between two ticks keeps its own moment, and is reacted to at the second."""

SOURCE = "rehearsal"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"

TOLD_IN_ONE = timedelta(seconds=1)
"""So long a report can be taken back: those of a tick are then told together, as turns take runs together."""

DUE = f"""SELECT {COLUMNS_WITH_HISTORY} FROM (
    SELECT * FROM {RECORDED} WHERE received_at > :after AND received_at <= :now ORDER BY received_at, id) AS due"""
HAPPEN = text(emit_from(DUE, COLUMNS_WITH_HISTORY))
NEXT_RECORDED = text(f"SELECT min(received_at) FROM {RECORDED} WHERE received_at > :after")

UNREACTED = text("SELECT id FROM event WHERE reacted_at IS NULL")
ALL_CONTACTS = text("SELECT id FROM contact ORDER BY id")
OLDEST_SCORE = text("SELECT min(scored_on) FROM contact")

NEW_MAILS = text("""
SELECT id, contact_id, template FROM message
WHERE sent_at = :now AND kind IN ('marketing', 'transactional') ORDER BY id
""")
NEW_TASKS = text("""
SELECT id, contact_id, journey, name, kind, assignee, outcomes, created_at FROM task WHERE id > :last ORDER BY id
""")


@contextmanager
def use_database(address: str) -> Iterator[None]:
    """Let this process work on another database; not for threads side by side."""
    before = os.environ.get("TEND_DATABASE_URL")
    os.environ["TEND_DATABASE_URL"] = address
    try:
        yield
    finally:
        engine(address).dispose()
        if before is None:
            del os.environ["TEND_DATABASE_URL"]
        else:
            os.environ["TEND_DATABASE_URL"] = before


def only(definitions: Definitions, definition: Definition) -> dict[str, Definition]:
    """All journeys, of which events start this one alone; the others are taken where it leads to them."""
    quiet = {name: replace(other, starts_on=(), fallback_trigger=()) for name, other in definitions.items()}
    return quiet | {definition.name: definition}


@dataclass(order=True)
class _Answer:
    at: datetime
    number: int
    kind: str = field(compare=False)
    subject: int = field(compare=False)
    """The message or the task."""
    contact: int = field(compare=False)
    what: str = field(compare=False, default="")
    """The template, or the outcome."""


class Play:
    """One play of a cohort. The database is a copy of its own, in the state of `copy_cohort`."""

    def __init__(
        self, definitions: Definitions, definition: Definition, cohort: Cohort, draws: AnswerDraws, tick: timedelta
    ) -> None:
        self.caps = CapHits()
        self._definitions = only(definitions, definition)
        self._definition = definition
        self._cohort = cohort
        self._draws = draws
        self._tick = tick
        self._now = cohort.begin
        self._happened = cohort.begin - timedelta(microseconds=1)
        self._starts = sorted(cohort.starts, key=lambda start: (start[1], start[0]))
        self._answers: list[_Answer] = []
        self._numbers = count()
        self._last_task = 0
        self._mails_of: Counter[tuple[int, str]] = Counter()
        self._tasks_of: Counter[tuple[int, str, str]] = Counter()
        with engine().connect() as connection:
            self._playbook = current_playbook(connection)

    def run(self) -> None:
        """Let the time of the cohort pass."""
        self._begin()
        while (due := self._next_due()) is not None and due <= self._cohort.end:
            self._now = max(self._tick_of(due), self._now + self._tick)
            self._pass_tick()

    def _begin(self) -> None:
        """Scores as they were; that they are counted again is nothing that happens."""
        with engine().begin() as connection:
            recount(connection, self._playbook, connection.execute(ALL_CONTACTS).scalars().all(), self._cohort.begin)
            withhold(connection, connection.execute(UNREACTED).scalars().all(), self._cohort.begin)

    def _tick_of(self, due: datetime) -> datetime:
        """The first tick that is not before it."""
        return self._cohort.begin + max(1, ceil((due - self._cohort.begin) / self._tick)) * self._tick

    def _next_due(self) -> datetime | None:
        with engine().connect() as connection:
            found = [
                connection.execute(NEXT_RECORDED, {"after": self._happened}).scalar(),
                next_message(connection),
                next_events_due(connection),
                self._next_night(connection.execute(OLDEST_SCORE).scalar()),
                next_due(self._now),
            ]
        found += [self._answers[0].at] if self._answers else []
        found += [self._starts[0][1]] if self._starts else []
        return min((due for due in found if due is not None), default=None)

    def _next_night(self, oldest: date | None) -> datetime | None:
        if oldest is None:
            return None
        return datetime.combine(oldest + timedelta(days=1), time(), ZoneInfo(self._playbook.company.time_zone))

    def _pass_tick(self) -> None:
        self._happen()
        self._answer()
        with engine().connect() as connection:
            night = self._next_night(connection.execute(OLDEST_SCORE).scalar())
        if night is not None and night <= self._now:
            for _ in decay_all_scores(engine(), self._now):
                pass
        run_due(self._definitions, self._now)
        deliver_unrendered(self._playbook, self._now, self.caps)
        self._draw_answers()

    def _happen(self) -> None:
        """What was recorded happens; who enters by no event is put on the journey."""
        with engine().begin() as connection:
            connection.execute(HAPPEN, {"after": self._happened, "now": self._now})
            due = []
            while self._starts and self._starts[0][1] <= self._now:
                due.append((self._starts.pop(0)[0], SOURCE))
            if due:
                start_runs(connection, self._definition, due, self._now)
        self._happened = self._now

    def _answer(self) -> None:
        """What was drawn to happen by now."""
        due: dict[str, list[_Answer]] = defaultdict(list)
        while self._answers and self._answers[0].at <= self._now:
            answer = heapq.heappop(self._answers)
            due[answer.kind].append(answer)
        with engine().begin() as connection:
            opens = [(MailEventKind.OPENED, one.subject, one.at) for one in due["open"]]
            clicks = [(MailEventKind.CLICKED, one.subject, one.at) for one in due["click"]]
            if opens or clicks:
                store_own_events(connection, [*opens, *clicks], BROWSER)
            replies = [
                NewEvent(
                    name="replied",
                    topic=one.what,
                    contact_id=one.contact,
                    source=SOURCE,
                    data={"message": one.subject},
                    at=one.at,
                )
                for one in due["reply"]
            ]
            emit(connection, replies, self._now)
            if left := [one.contact for one in due["unsubscribe"]]:
                suppress(connection, left, Suppression.UNSUBSCRIBED, self._now, SOURCE)
            for one in due["report"]:
                complete_task(connection, one.subject, one.what, "", one.at, undo=TOLD_IN_ONE)
        self._process_mail_events()

    def _process_mail_events(self) -> None:
        while True:
            with engine().begin() as connection:
                if not process_mail_events(connection, self._now):
                    return

    def _draw_answers(self) -> None:
        """To the mails that went out now, and to the tasks that are new."""
        with engine().connect() as connection:
            mails = connection.execute(NEW_MAILS, {"now": self._now}).all()
            tasks = connection.execute(NEW_TASKS, {"last": self._last_task}).all()
        for mail in mails:
            self._mails_of[mail.contact_id, mail.template] += 1
            nth = self._mails_of[mail.contact_id, mail.template]
            answer = self._draws.to_mail(mail.contact_id, mail.template, nth)
            said = {"open": answer.opens, "click": answer.clicks, "reply": answer.replies}
            for kind, after in (said | {"unsubscribe": answer.unsubscribes}).items():
                if after is not None:
                    self._plan(self._now + after, kind, mail.id, mail.contact_id, mail.template)
        for task in tasks:
            self._last_task = task.id
            name = (task.contact_id, task.journey, task.name)
            self._tasks_of[name] += 1
            asked = TaskAsked(task.journey, task.name, task.kind, task.assignee, tuple(task.outcomes))
            report = self._draws.to_task(task.contact_id, asked, self._tasks_of[name])
            if report is not None:
                self._plan(task.created_at + report.after, "report", task.id, task.contact_id, report.outcome)

    def _plan(self, at: datetime, kind: str, subject: int, contact: int, what: str) -> None:
        heapq.heappush(self._answers, _Answer(at, next(self._numbers), kind, subject, contact, what))
