"""A person's open tasks, ranked by importance: what their page, the morning digest and chat show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from models.access.work_link import TaskLink, Worker
from models.display_name import DISPLAY_NAME, PHONE_TO_DIAL
from models.response.promise import DUE, IS_OPEN, PROMISED, PROMISED_AT
from models.tables.contact import STAGES
from models.tasks.past import WRITER, data_for_assignee, may_read

AT_ONCE = 200
"""Tasks that one page shows at most."""

PER_STAGE, LARGEST_DEAL, WITHIN_DAY = 10, 40, 10
"""Points of importance beside the lead's score."""

SOON = "1 hour"
"""What is due within it comes before what can wait, however important that is."""

RANKING = (
    "Overdue first, then who asked again, then what is due within an hour. Among these and in the rest by importance: "
    f"the score of the lead, {PER_STAGE} for each stage they have reached, up to {LARGEST_DEAL} for an open deal (most "
    f"for your largest) and {WITHIN_DAY} when it is due within a day."
)
"""How the ranking reads."""

STAGES_IN_ORDER = " ".join(f"WHEN '{stage}' THEN {place}" for place, stage in enumerate(STAGES))
STAGE_PLACE = f"CASE contact.stage {STAGES_IN_ORDER} END"

THEIRS = "(task.rep_id = CAST(:rep AS bigint) OR task.rep_id IS NULL AND task.assignee = :email)"
"""SQL over task: whether it is the worker's, by number, or by address where it has no number.

The address alone says nothing of a task with a number: it may be an old one, which somebody else reads by now.
"""

LAST_WORDS = f"""(
    SELECT CASE e.name WHEN 'task_delegated' THEN e.data ->> 'by' END AS by, e.data ->> 'reason' AS reason FROM event e
    WHERE e.contact_id = task.contact_id AND e.name IN ('task_delegated', 'task_snoozed')
      AND e.topic = CAST(task.id AS text)
      -- Whoever gives a task to somebody writes to them.
      AND ({may_read("task.rep_id", WRITER)} OR e.name = 'task_delegated'
           AND e.data ->> 'to' = (SELECT rep.name FROM rep WHERE rep.id = task.rep_id))
    ORDER BY e.id DESC LIMIT 1)"""
"""SQL over task: who gave it to a colleague last, and why; without a name, why it was put off. People of a partner read
what their own people wrote, and what was written to them."""

OPEN_TASKS = text(f"""
WITH mine AS (
    SELECT task.id, task.rep_id, task.run_id, task.name, task.kind, task.journey, task.template, task.assignee,
           {DUE} AS due_at, {PROMISED_AT} AS promised_at,
           task.reminders, task.outcomes, task.form, {data_for_assignee()} AS data, task.mails, task.contact_id,
           task.report -> 'draft' AS draft,
           {DISPLAY_NAME} AS who, contact.company, contact.job_title, contact.email, {PHONE_TO_DIAL} AS phone,
           contact.mobile_phone, contact.time_zone, contact.preferred_time, contact.score, contact.stage,
           deal.amount AS deal, deal.currency AS deal_currency, {DUE} < :now AS overdue,
           {DUE} < CAST(:now AS timestamptz) + interval '{SOON}' AS is_soon, given.by AS given_by, given.reason,
           task.rep_id IS NOT NULL AND EXISTS (
               SELECT FROM repeated_request q JOIN event e ON e.id = q.event_id
               WHERE q.answered_at IS NULL AND e.contact_id = task.contact_id) AS asked_again,
           {STAGE_PLACE} AS stage_place
    FROM task JOIN contact ON contact.id = task.contact_id
    LEFT JOIN LATERAL (
        SELECT amount, currency FROM opportunity
        WHERE contact_id = contact.id AND stage = 'open' AND amount IS NOT NULL ORDER BY amount DESC, id LIMIT 1
    ) deal ON true
    LEFT JOIN LATERAL {LAST_WORDS} given ON true {PROMISED}
    WHERE {IS_OPEN} AND {THEIRS}),
ranked AS (
    SELECT mine.*, coalesce(score, 0) + {PER_STAGE} * coalesce(stage_place, 0)
           + coalesce({LARGEST_DEAL} * deal / nullif(max(deal) OVER (), 0), 0)
           + CASE WHEN due_at < CAST(:now AS timestamptz) + interval '1 day' THEN {WITHIN_DAY} ELSE 0 END AS importance
    FROM mine)
SELECT id, rep_id, run_id, name, kind, journey, template, assignee, due_at, promised_at, reminders, outcomes, form,
       data, mails, draft, contact_id, who, company, job_title, email, phone, mobile_phone, time_zone, preferred_time,
       score, stage, deal, deal_currency, overdue, is_soon, asked_again, given_by, reason, importance
FROM ranked ORDER BY overdue DESC, asked_again DESC, is_soon DESC, importance DESC, due_at, id LIMIT :at_most
""")

COUNT = text(f"""
SELECT count(*), count(*) FILTER (WHERE {DUE} < :now) FROM task {PROMISED} WHERE {IS_OPEN} AND {THEIRS}
""")


@dataclass(frozen=True)
class OpenTask:
    """One open task with what is needed to do it."""

    id: int
    rep_id: int | None
    run_id: int
    name: str
    kind: str | None
    journey: str
    template: str
    assignee: str
    due_at: datetime
    """The earlier of its own due time and the response that is promised."""
    promised_at: datetime | None
    """By when the service level wants somebody to try, where that makes it due."""
    reminders: int
    outcomes: Sequence[str]
    form: Sequence[str]
    data: dict[str, object]
    mails: dict[str, list[str]]
    """Outcome -> the templates of the mails that go out after it."""
    draft: dict[str, Any] | None
    """What had been reported before it was taken back: outcome, notes and answers."""
    contact_id: int
    who: str
    company: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    mobile_phone: str | None
    time_zone: str | None
    preferred_time: str | None
    score: Decimal
    stage: str
    deal: Decimal | None
    """What the largest open deal with them may bring."""
    deal_currency: str | None
    overdue: bool
    is_soon: bool
    """It is due within the hour, or overdue."""
    asked_again: bool
    """They asked for a person once more, and nobody has answered yet."""
    given_by: str | None
    """The colleague who gave it to them; null where it was put off."""
    reason: str | None
    """Why it was given to them or put off."""
    importance: Decimal

    def token(self, worker: Worker) -> str:
        """What stands in the link that this person has to it, whose it is."""
        return TaskLink(self.id, worker.rep_id, worker.link_number).token


@dataclass(frozen=True)
class WorkList:
    """The most important open tasks of a person, and how many there are in all."""

    tasks: list[OpenTask]
    count: int
    overdue: int


def open_tasks(connection: Connection, worker: Worker, now: datetime, at_most: int = AT_ONCE) -> WorkList:
    """The open tasks of one person in the order in which they are to be done."""
    about = {"now": now, "rep": worker.rep_id, "email": worker.email, "at_most": at_most}
    count, overdue = connection.execute(COUNT, about).one()
    return WorkList([OpenTask(**task) for task in connection.execute(OPEN_TASKS, about).mappings()], count, overdue)
