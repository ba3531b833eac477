"""Arranging and telling a customer's story: time moved by hand over the real runtime and a real Postgres."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from flows.runtime import Journey
from flows.runtime.definitions.definition import Definition
from flows.runtime.run_start import start_runs
from flows.runtime.virtual_time import ScheduledJob, due_moments, run_due
from models.database import engine, to_json
from models.tables.feedback import IS_FOR_CONTACT
from models.tasks.outcome import complete_task
from tests.support.database import rows, write

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Story:
    """One contact after another, on the journeys that are handed in."""

    definitions: Mapping[str, Definition]
    now: datetime = MONDAY
    begin: datetime = MONDAY
    jobs: Sequence[ScheduledJob] = ()
    """What else becomes due by time."""

    def contact(self, email: str | None = "ann@example.com", **columns: Any) -> int:
        """A contact with these columns."""
        names = ", ".join(["email", *columns])
        values = ", ".join([":email", *(f":{name}" for name in columns)])
        return self.one(f"INSERT INTO contact ({names}) VALUES ({values}) RETURNING id", email=email, **columns)

    def happens(
        self,
        name: str,
        topic: str | None = None,
        *,
        contact: int,
        data: Any = None,
        ago: timedelta = timedelta(),
        is_history: bool = False,
    ) -> int:
        """An event comes in now, that happened so long ago, and everything that follows at once happens."""
        event = self.one(
            "INSERT INTO event (name, topic, contact_id, source, data, at, received_at, is_history) "
            "VALUES (:name, :topic, :contact, 'test', CAST(:data AS jsonb), :at, :now, :is_history) RETURNING id",
            name=name,
            topic=topic,
            contact=contact,
            data=to_json(data or {}),
            at=self.now - ago,
            now=self.now,
            is_history=is_history,
        )
        run_due(self.definitions, self.now, self.jobs)
        return event

    def start(self, journey: str, *contacts: int, key: str = "test") -> int:
        """Put contacts on a journey and let them take their first steps."""
        with engine().begin() as connection:
            started = start_runs(
                connection, self.definitions[journey], [(contact, key) for contact in contacts], self.now
            )
        run_due(self.definitions, self.now, self.jobs)
        return started

    def pass_time(self, length: timedelta) -> None:
        """Everything that comes due meanwhile happens at its moment."""
        end = self.now + length
        for moment in due_moments(self.now, end, self.jobs):
            run_due(self.definitions, moment, self.jobs)
        self.now = end

    def reports(
        self, task: str, outcome: str, *, contact: int, notes: str = "", answers: Mapping[str, Any] | None = None
    ) -> None:
        """The assignee of the open task answers it, as its page does, and everything that follows at once happens."""
        task_id = self.one(
            "SELECT id FROM task "
            "WHERE name = :task AND contact_id = :contact AND done_at IS NULL AND closed_at IS NULL",
            task=task,
            contact=contact,
        )
        with engine().begin() as connection:
            assert complete_task(
                connection, task_id, outcome, notes, self.now, answers=answers, contact_changes=answers
            )
        run_due(self.definitions, self.now, self.jobs)

    def mails(self, contact: int) -> list[tuple[int, str]]:
        """(day, template) of every mail to the contact."""
        rows = self.rows(
            "SELECT queued_at, template FROM message "
            "WHERE contact_id = :contact AND kind IN ('marketing', 'transactional') ORDER BY id",
            contact=contact,
        )
        return [((at - self.begin).days, template) for at, template in rows]

    def tasks(self, contact: int) -> list[tuple[int, str, str]]:
        """(day, name, first name of the assignee) of every task about the contact."""
        rows = self.rows(
            "SELECT created_at, name, assignee FROM task WHERE contact_id = :contact ORDER BY id", contact=contact
        )
        return [((at - self.begin).days, name, re.split("[.@]", assignee)[0]) for at, name, assignee in rows]

    def runs(self, contact: int) -> list[tuple[str, str]]:
        """(journey, ending), or what it waits for, or why it is stuck, of every run of the contact.

        Without feedback, which is asked beside every other journey.
        """
        rows = self.rows(
            "SELECT journey, CASE status WHEN 'ended' THEN ending WHEN 'stuck' THEN stuck_reason "
            "ELSE 'waiting for ' || waiting_for END FROM journey_run r "
            f"WHERE contact_id = :contact AND {IS_FOR_CONTACT} ORDER BY id",
            contact=contact,
        )
        return [(journey, state) for journey, state in rows]

    def steps(self, contact: int) -> list[tuple[str, str, Any]]:
        """(verb, name, answer) of every step of the contact's runs; without feedback."""
        rows = self.rows(
            "SELECT verb, name, answer FROM step JOIN journey_run r ON r.id = run_id "
            f"WHERE contact_id = :contact AND {IS_FOR_CONTACT} ORDER BY run_id, number",
            contact=contact,
        )
        return [(verb, name, answer) for verb, name, answer in rows]

    def column(self, contact: int, name: str) -> Any:
        """One column of the contact."""
        return self.one(f"SELECT {name} FROM contact WHERE id = :contact", contact=contact)

    def one(self, statement: str, **values: Any) -> Any:
        """The single value that a statement gives."""
        with engine().begin() as connection:
            return connection.execute(text(statement), values).scalar_one()

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """All rows that a query gives."""
        return rows(statement, **values)

    def write(self, statement: str, **values: Any) -> None:
        """Run a statement and commit."""
        write(statement, **values)


async def two_mails(j: Journey) -> str:
    """The simplest journey that lasts: a mail, a week, a mail."""
    await j.send("first")
    await j.wait(timedelta(weeks=1))
    await j.send("second")
    return "told twice"
