"""A person's open tasks, ranked by importance: what their page, the morning digest and chat show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from models.access.work_link import TaskLink, Worker
from models.display_name import DISPLAY_NAME, PHONE_TO_DIAL
from models.tables.contact import STAGES

AT_ONCE = 200
"""Tasks that one page shows at most."""

PER_STAGE, LARGEST_DEAL, WITHIN_HOUR, WITHIN_DAY = 10, 40, 20, 10
"""Points of importance beside the lead's score."""

RANKING = (
    "Overdue first, then who asked again. Among these and in the rest by importance: the score of the lead, "
    f"{PER_STAGE} for each stage they have reached, up to {LARGEST_DEAL} for an open deal (most for your largest), "
    f"{WITHIN_HOUR} when it is due within an hour and {WITHIN_DAY} within a day."
)
"""How the ranking reads."""

STAGES_IN_ORDER = " ".join(f"WHEN '{stage}' THEN {place}" for place, stage in enumerate(STAGES))
STAGE_PLACE = f"CASE contact.stage {STAGES_IN_ORDER} END"

THEIRS = "(task.rep_id = CAST(:rep AS bigint) OR task.rep_id IS NULL AND task.assignee = :email)"
"""SQL over task: whether it is the worker's, by number, or by address where it has no number.

The address alone says nothing of a task with a number: it may be an old one, which somebody else reads by now.
"""

IS_OPEN = "task.done_at IS NULL AND task.closed_at IS NULL"

OPEN_TASKS = text(f"""
WITH mine AS (
    SELECT task.id, task.rep_id, task.run_id, task.name, task.kind, task.journey, task.template, task.assignee,
           task.due_at,
           task.reminders, task.outcomes, task.form, task.data, task.mails, task.contact_id,
           {DISPLAY_NAME} AS who, contact.company, contact.job_title, contact.email, {PHONE_TO_DIAL} AS phone,
           contact.mobile_phone, contact.time_zone, contact.preferred_time, contact.score, contact.stage,
           deal.amount AS deal, deal.currency AS deal_currency, task.due_at < :now AS overdue,
           task.rep_id IS NOT NULL AND EXISTS (
               SELECT FROM repeated_request q JOIN event e ON e.id = q.event_id
               WHERE q.answered_at IS NULL AND e.contact_id = task.contact_id) AS asked_again,
           {STAGE_PLACE} AS stage_place
    FROM task JOIN contact ON contact.id = task.contact_id
    LEFT JOIN LATERAL (
        SELECT amount, currency FROM opportunity
        WHERE contact_id = contact.id AND stage = 'open' AND amount IS NOT NULL ORDER BY amount DESC, id LIMIT 1
    ) deal ON true
    WHERE {IS_OPEN} AND {THEIRS}),
ranked AS (
    SELECT mine.*, coalesce(score, 0) + {PER_STAGE} * coalesce(stage_place, 0)
           + coalesce({LARGEST_DEAL} * deal / nullif(max(deal) OVER (), 0), 0)
           + CASE WHEN due_at < CAST(:now AS timestamptz) + interval '1 hour' THEN {WITHIN_HOUR}
                  WHEN due_at < CAST(:now AS timestamptz) + interval '1 day' THEN {WITHIN_DAY} ELSE 0 END AS importance
    FROM mine)
SELECT id, rep_id, run_id, name, kind, journey, template, assignee, due_at, reminders, outcomes, form, data, mails,
       contact_id, who, company, job_title, email, phone, mobile_phone, time_zone, preferred_time, score, stage, deal,
       deal_currency, overdue, asked_again, importance
FROM ranked ORDER BY overdue DESC, asked_again DESC, importance DESC, due_at, id LIMIT :at_most
""")

COUNT = text(f"""
SELECT count(*), count(*) FILTER (WHERE due_at < :now) FROM task WHERE {IS_OPEN} AND {THEIRS}
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
    reminders: int
    outcomes: Sequence[str]
    form: Sequence[str]
    data: dict[str, object]
    mails: dict[str, list[str]]
    """Outcome -> the templates of the mails that go out after it."""
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
    asked_again: bool
    """They asked for a person once more, and nobody has answered yet."""
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
