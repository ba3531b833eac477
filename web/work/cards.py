"""The cards of the most important tasks: all that is needed to do one, for several tasks with a query each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.access.work_link import Worker
from models.database import id_list
from models.mail.rendering.task_texts import Instructions
from models.tasks.open_tasks import OpenTask
from models.tasks.past import PastInteraction, past_interactions
from models.tasks.requests import Request, open_requests
from web.frame.words import pairs
from web.tasks.answer import new_key, typed_before
from web.tasks.briefing import instructions
from web.tasks.lead_clock import LeadClock, lead_clocks
from web.tasks.task_form import TaskField, task_form
from web.tasks.task_page import Submission

SUBMITTED = text("""
SELECT lead.id AS contact_id, form.* FROM unnest(CAST(:contacts AS bigint[])) AS lead (id)
CROSS JOIN LATERAL (
    SELECT topic, data, at FROM event WHERE contact_id = lead.id AND name = 'form_submitted'
    ORDER BY at DESC, id DESC LIMIT 1) AS form
""")

PAST_AT_ONCE, LETTERS = 3, 400
"""How many earlier talks a card shows, and how much of each."""

LONGEST_ANSWER = 300


@dataclass(frozen=True)
class Card:
    """One task with all that is read before the call, and the form that is filled in after it."""

    task: OpenTask
    token: str
    briefing: Instructions | None
    submission: Submission | None
    requests: Sequence[Request]
    history: Sequence[PastInteraction]
    form: Sequence[TaskField]
    clock: LeadClock | None
    key: str
    kept: Mapping[str, str]
    """Outcome and notes of a report that was taken back."""

    @property
    def seen_request(self) -> int:
        """The newest of the requests that the card shows; 0 without any."""
        return max((request.event_id for request in self.requests), default=0)

    @property
    def asked_for(self) -> list[tuple[str, str]]:
        """What they filled in, the beginning of each answer."""
        given = self.submission.answers if self.submission else {}
        return [(name, value[:LONGEST_ANSWER]) for name, value in pairs(given)]


def cards(connection: Connection, worker: Worker, tasks: Sequence[OpenTask], now: datetime) -> list[Card]:
    """A card for each of these tasks, in their order."""
    contacts = {"contacts": id_list({task.contact_id for task in tasks})}
    submitted = {
        row.contact_id: Submission(row.topic, row.data, row.at) for row in connection.execute(SUBMITTED, contacts)
    }
    history = past_interactions(
        connection, {task.contact_id for task in tasks}, worker.rep_id, at_most=PAST_AT_ONCE, letters=LETTERS
    )
    requests = open_requests(connection, [task.contact_id for task in tasks if task.rep_id is not None])
    briefings = instructions(connection, tasks, now)
    clocks = lead_clocks(connection, {task.contact_id for task in tasks}, now)
    return [
        Card(
            task=task,
            token=task.token(worker),
            briefing=briefings[task.id],
            submission=submitted.get(task.contact_id),
            requests=requests.get(task.contact_id, []) if task.rep_id is not None else [],
            history=history.get(task.contact_id, []),
            form=task_form(connection, task.form, task.contact_id, typed_before(task.draft)[1] if task.draft else None),
            clock=clocks.get(task.contact_id),
            key=new_key(),
            kept=typed_before(task.draft)[0] if task.draft else {},
        )
        for task in tasks
    ]
