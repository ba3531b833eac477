"""Reads everything recorded about a contact, as rows for its timeline."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, TextClause, text

# Notes and points that a journey gives, and reported tasks with their calls, are on the timeline as steps and tasks
# already; who got the contact is there with the reasons.
EVENTS = """
    SELECT event.id, event.name, event.topic, event.source, event.data, event.at, event.reacted_at, event.is_history,
           rep.name AS by_name
    FROM event LEFT JOIN rep ON rep.email = event.data ->> 'by'
    WHERE event.contact_id = :contact_id AND event.source IS DISTINCT FROM 'journey'
      AND event.name NOT IN ('task_done', 'activity_done')
      AND NOT (event.name = 'call_connected' AND event.source = 'task')
      AND NOT (event.name IN ('lead_assigned', 'lead_placed') AND event.source = 'routing')
      AND (CAST(:until AS timestamptz) IS NULL OR event.at <= :until) AND {wanted}
    ORDER BY event.at DESC, event.id DESC LIMIT :most
"""

RUN = """
    SELECT id, journey, key, status, started_at, resume_at, waiting_for, waiting_events, asked_at, steps, points,
           ending, ended_at, stuck_reason
    FROM journey_run WHERE contact_id = :contact_id
"""
RUNS = text(f"{RUN} ORDER BY id")
OPEN_RUNS = text(f"{RUN} AND ended_at IS NULL ORDER BY status <> 'stuck', resume_at NULLS LAST, id")

STEPS = text("""
    SELECT step.run_id, run.journey, step.number, step.verb, step.name, step.answer, step.fact, step.at
    FROM step JOIN journey_run run ON run.id = step.run_id
    WHERE run.contact_id = :contact_id ORDER BY step.run_id, step.number
""")

MESSAGES = text("""
    SELECT message.key, message.template, message.to_address, message.state, message.subject, message.reason,
           message.queued_at, message.due_at, message.sent_at, message.delivered_at, message.opened_at,
           message.clicked_at, message.bounced_at, message.complained_at, message.redirected_to,
           letter.id AS letter_id
    FROM message LEFT JOIN letter ON letter.message_key = message.key
    WHERE message.contact_id = :contact_id ORDER BY message.id
""")

TASKS = text("""
    SELECT task.id, task.run_id, task.number, task.journey, task.name, task.kind,
           coalesce(rep.name, task.assignee) AS who, task.created_at, task.due_at,
           task.done_at, task.closed_at, task.outcome, task.notes, task.answers, task.delegated_at,
           coalesce(task.report ->> 'by', told.data ->> 'by') AS reported_by
    FROM task LEFT JOIN rep ON rep.id = task.rep_id LEFT JOIN event told ON told.key = 'task:' || task.id
    WHERE task.contact_id = :contact_id ORDER BY task.id
""")

ASSIGNMENTS = text("""
    SELECT a.id, rep.name AS who, before.name AS previous, a.router, a.how, a.reason, a.at,
           (SELECT array_agg(one ->> 'name') FROM jsonb_array_elements(s.candidates) one WHERE one ? 'share') AS out_of
    FROM assignment a JOIN rep ON rep.id = a.rep_id
    LEFT JOIN rep before ON before.id = a.previous_rep_id LEFT JOIN candidate_set s ON s.id = a.candidate_set_id
    WHERE a.contact_id = :contact_id ORDER BY a.id
""")

OFFERS = text("""
    SELECT offer.id, rep.name AS who, offer.offered_at, offer.expires_at, offer.answer, offer.answered_at, offer.reason
    FROM offer JOIN rep ON rep.id = offer.rep_id WHERE offer.contact_id = :contact_id ORDER BY offer.id
""")


@dataclass(frozen=True)
class EventRow:
    """Something that happened to the contact."""

    id: int
    name: str
    topic: str | None
    source: str | None
    data: dict[str, Any]
    at: datetime
    reacted_at: datetime | None
    is_history: bool = False
    """It was told late, so nobody was asked or mailed about it."""
    by_name: str | None = None
    """The salesperson who did it, where the event names an address."""


@dataclass(frozen=True)
class RunRow:
    """A journey that the contact is or was on."""

    id: int
    journey: str
    key: str
    status: str
    started_at: datetime
    resume_at: datetime | None
    waiting_for: str
    waiting_events: list[str] | None
    asked_at: datetime | None
    steps: int
    points: Any
    ending: str | None
    ended_at: datetime | None
    stuck_reason: str | None


@dataclass(frozen=True)
class StepRow:
    """An answered step of a run."""

    run_id: int
    journey: str
    number: int
    verb: str
    name: str
    answer: Any
    fact: dict[str, Any] | None
    at: datetime


@dataclass(frozen=True)
class MessageRow:
    """A message, and its email in the local mailbox."""

    key: str
    template: str
    to_address: str | None
    state: str
    subject: str | None
    reason: str | None
    queued_at: datetime
    due_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    bounced_at: datetime | None
    complained_at: datetime | None
    redirected_to: str | None
    letter_id: int | None

    @property
    def is_postponed(self) -> bool:
        """Whether it was put off, for its hours or because the contact had enough for now."""
        return self.state == "queued" and self.due_at > self.queued_at


@dataclass(frozen=True)
class TaskRow:
    """A task and its assignee."""

    id: int
    run_id: int
    number: int
    journey: str
    name: str
    kind: str | None
    who: str
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    notes: str | None
    answers: dict[str, Any]
    delegated_at: datetime | None
    reported_by: str | None
    """Who reported it, where somebody did in place of whoever had it; else the address of the assignee."""


@dataclass(frozen=True)
class AssignmentRow:
    """An assignment of the contact to an owner."""

    id: int
    who: str
    previous: str | None
    router: str | None
    how: str
    reason: str
    at: datetime
    out_of: list[str] | None
    """Everybody who could have got it."""


@dataclass(frozen=True)
class OfferRow:
    """An offer of the contact to a rep."""

    id: int
    who: str
    offered_at: datetime
    expires_at: datetime
    answer: str | None
    answered_at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class ContactHistory:
    """All that is known about what happened to one contact."""

    events: list[EventRow]
    runs: list[RunRow]
    steps: list[StepRow]
    messages: list[MessageRow]
    tasks: list[TaskRow]
    assignments: list[AssignmentRow]
    offers: list[OfferRow]


Row = TypeVar("Row")


def contact_history(
    connection: Connection,
    contact_id: int,
    *,
    until: datetime | None = None,
    most_events: int | None = None,
    wanted_events: str = "true",
) -> ContactHistory:
    """Everything about one contact; of events, which can be very many, the newest up to a moment.

    `wanted_events` is SQL over event: those that are wanted.
    """

    def rows(kind: type[Row], query: TextClause) -> list[Row]:
        return [kind(**row) for row in connection.execute(query, {"contact_id": contact_id}).mappings()]

    events = text(EVENTS.format(wanted=wanted_events)).bindparams(until=until, most=most_events)
    return ContactHistory(
        rows(EventRow, events),
        rows(RunRow, RUNS),
        rows(StepRow, STEPS),
        rows(MessageRow, MESSAGES),
        rows(TaskRow, TASKS),
        rows(AssignmentRow, ASSIGNMENTS),
        rows(OfferRow, OFFERS),
    )


def open_runs(connection: Connection, contact_id: int) -> list[RunRow]:
    """The journeys that a contact is on: what is stuck first, then by when each goes on at the latest."""
    return [RunRow(**row) for row in connection.execute(OPEN_RUNS, {"contact_id": contact_id}).mappings()]
